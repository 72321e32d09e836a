// Runs the matrix, or a sample of it: discovers every boundary, strikes each cell, keeps and reports the results.
import { writeFile } from 'node:fs/promises';
import { instanceScenarios } from '../../support/instance-scenarios.ts';
import { scenarios as plainScenarios, type Scenario } from '../../support/scenarios.ts';
import { Data } from '../support/data.ts';
import { faults } from '../support/faults.ts';
import { startPlant } from '../support/plant.ts';
import { resetHard } from '../support/reset.ts';
import { strike } from './blow.ts';
import { nameOf, type Cell } from './cell.ts';
import { discover, type Ground } from './discover.ts';
import { chanceOf, shuffled } from './random.ts';
import { Queue } from './queue.ts';
import { lastLine, reportOf } from './report.ts';
import { appendResult, readResults, type CellResult } from './results.ts';

export interface MatrixOptions {
  /** Null for all. */
  readonly cells: number | null;
  readonly seed: number;
  /** Only cells whose name holds this. */
  readonly only: RegExp | null;
  /** Cells with a result in it are not run again; new results are added to it. */
  readonly resumeFile: string | null;
  readonly reportFile: string | null;
  /** Cells that one blow may strike at most. */
  readonly together: number;
  /** No cell is begun so long after the first one. */
  readonly limitMs: number;
  /** On a production Temporal server of several processes, killed in turn. */
  readonly cluster: boolean;
  /** This part of so many: several runs can share the matrix. */
  readonly part: { readonly index: number; readonly of: number };
}

const say = (line: string): void => console.error(`chaos: ${line}`);

/** Answers the exit code: 0 when no cell failed and one was run. */
export async function runMatrix(options: MatrixOptions): Promise<number> {
  const { seed, resumeFile, reportFile } = options;
  say(`seed ${seed}`);
  const before = resumeFile === null ? new Map<string, CellResult>() : await readResults(resumeFile);
  const plant = await startPlant(say, options);
  const data = new Data(plant);
  const ground: Ground = { plant, data };
  const stopper = stopOnSignal();
  const results: CellResult[] = [...before.values()].filter((one) => options.only?.test(one.cell) ?? true);
  try {
    const { cells, inapplicable } = choose(await allCells(ground, seed, options.only), options, before);
    for (const one of inapplicable) if (!before.has(one.cell)) await appendResult(resumeFile, one);
    results.push(...inapplicable.filter(({ cell }) => !before.has(cell)));
    say(`${cells.length} cells to run, ${before.size} known, ${inapplicable.length} do not apply`);
    const startedAt = Date.now();
    const queue = new Queue(cells, options.together);
    for (let blow = queue.next(); blow.length > 0; blow = queue.next()) {
      if (stopper.stopped || Date.now() - startedAt > options.limitMs) break;
      for (const result of await attempt(ground, blow, seed, queue)) {
        await appendResult(resumeFile, result);
        results.push(result);
        const { outcome, ms, cell, note } = result;
        say(
          `[${cells.length - queue.left}/${cells.length}] ${outcome} in ${(ms / 1000).toFixed(1)} s: ${cell}: ${note.split('\n')[0]}`,
        );
      }
    }
  } finally {
    await data.close();
    await plant.stop();
  }
  const report = reportOf(results);
  if (reportFile !== null) await writeFile(reportFile, `${report}\n`);
  console.log(report);
  return lastLine(results).includes(' 0 failed') && results.some(({ outcome }) => outcome === 'passed') ? 0 : 1;
}

async function allCells(ground: Ground, seed: number, only: RegExp | null): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const { scenario, boundaries } of await discover(ground, scenariosFor(only))) {
    say(`${scenario.name}: ${boundaries.map(({ type }) => type).join(', ')}`);
    for (const boundary of boundaries)
      for (const moment of ['before', 'after'] as const)
        for (const fault of faults) cells.push({ scenario, boundary, moment, fault });
  }
  return shuffled(
    cells.filter((cell) => only?.test(nameOf(cell)) ?? true),
    seed,
    nameOf,
  );
}

/** A pattern that names scenarios spares the others their first run. */
function scenariosFor(only: RegExp | null): readonly Scenario[] {
  const all = [...plainScenarios, ...instanceScenarios];
  // A regular expression's source escapes the slash.
  const pattern = only?.source.replaceAll('\\/', '/') ?? '';
  const named = all.filter(({ name }) => new RegExp(`(^|[(|^])${name} /`).test(pattern));
  return named.length > 0 ? named : all;
}

function choose(all: readonly Cell[], { cells, part, seed }: MatrixOptions, known: ReadonlyMap<string, CellResult>) {
  const mine = all.filter((_, index) => index % part.of === part.index);
  const inapplicable = mine.flatMap((cell): CellResult[] => {
    const why = cell.fault.doesNotApply(cell.boundary, cell.moment);
    return why === null ? [] : [{ ...labelsOf(cell, seed), outcome: 'does not apply', note: why, ms: 0 }];
  });
  const applying = mine.filter((cell) => cell.fault.doesNotApply(cell.boundary, cell.moment) === null);
  const open = applying.filter((cell) => !known.has(nameOf(cell)));
  return { cells: cells === null ? open : open.slice(0, cells), inapplicable };
}

const labelsOf = (cell: Cell, seed: number) => ({
  cell: nameOf(cell),
  scenario: cell.scenario.name,
  fault: cell.fault.name,
  seed,
  at: new Date().toISOString(),
});

/** The results of one blow. When something is wrong with several cells, each has to show alone whether it was to blame. */
async function attempt(
  ground: Ground,
  cells: readonly Cell[],
  seed: number,
  queue: Queue,
): Promise<readonly CellResult[]> {
  const startedAt = Date.now();
  const spent = (): number => Math.round((Date.now() - startedAt) / cells.length);
  try {
    const endings = await strike(ground, cells, (cell) => chanceOf(seed, nameOf(cell)));
    return cells.flatMap((cell, index): CellResult[] => {
      const note = endings[index];
      if (note) return [{ ...labelsOf(cell, seed), outcome: 'passed', note, ms: spent() }];
      queue.alone(cell);
      return [];
    });
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    await resetHard(ground.plant, ground.data);
    const [only] = cells;
    if (only && cells.length === 1) return [{ ...labelsOf(only, seed), outcome: 'failed', note, ms: spent() }];
    say(`something is wrong with one of ${cells.length} cells, which are tried alone: ${note.split('\n')[0]}`);
    for (const cell of cells) queue.alone(cell);
    return [];
  }
}

/** Ctrl-C ends the run after the cell at hand, with its report. */
function stopOnSignal(): { readonly stopped: boolean } {
  const state = { stopped: false };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (state.stopped = true));
  return state;
}
