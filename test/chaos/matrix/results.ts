// The results file: one JSON line for each cell, so that a run that was ended goes on where it stopped.
import { appendFile, readFile } from 'node:fs/promises';

export interface CellResult {
  readonly cell: string;
  readonly scenario: string;
  readonly fault: string;
  readonly outcome: 'passed' | 'failed' | 'does not apply';
  /** How it ended, what was wrong, or why it does not apply. */
  readonly note: string;
  readonly seed: number;
  readonly ms: number;
  readonly at: string;
}

export async function appendResult(file: string | null, result: CellResult): Promise<void> {
  if (file !== null) await appendFile(file, `${JSON.stringify(result)}\n`);
}

/** The last result of each cell; a line that was cut off by a kill is no result. */
export async function readResults(file: string): Promise<ReadonlyMap<string, CellResult>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const results = new Map<string, CellResult>();
  for (const line of text.split('\n')) {
    try {
      const result = JSON.parse(line) as CellResult;
      results.set(result.cell, result);
    } catch {
      continue;
    }
  }
  return results;
}
