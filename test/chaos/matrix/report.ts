// The matrix's report: a table of fault × workflow, what failed, and one last line of counts.
import type { CellResult } from './results.ts';

/** `passed/failed` of each pair; a dot where nothing of it was run, a dash where it does not apply. */
export function reportOf(results: readonly CellResult[]): string {
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))].toSorted();
  const head = ['scenario', ...faults];
  const rows = scenarios.map((scenario) => [
    scenario,
    ...faults.map((fault) => countsOf(results.filter((one) => one.scenario === scenario && one.fault === fault))),
  ]);
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  return [
    ...table([head, ...rows]),
    '',
    ...endings(results),
    ...failed.flatMap(({ cell, note, seed }) => [
      `FAILED ${cell} (seed ${seed})`,
      `       ${note.split('\n')[0] ?? ''}`,
    ]),
    lastLine(results),
  ].join('\n');
}

/** Cells to which a fault does not apply are listed in the results file and counted as neither. */
export function lastLine(results: readonly CellResult[], skipped = 0): string {
  const count = (outcome: CellResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${skipped} skipped`;
}

function countsOf(cells: readonly CellResult[]): string {
  if (cells.length === 0) return '.';
  const applying = cells.filter(({ outcome }) => outcome !== 'does not apply');
  if (applying.length === 0) return '-';
  const failed = applying.filter(({ outcome }) => outcome === 'failed').length;
  return failed === 0 ? String(applying.length) : `${applying.length - failed}/${failed}!`;
}

function endings(results: readonly CellResult[]): string[] {
  const passed = results.filter(({ outcome }) => outcome === 'passed');
  const counts = new Map<string, number>();
  for (const { note } of passed) counts.set(note, (counts.get(note) ?? 0) + 1);
  const lines = [...counts].map(([note, count]) => `${count} × ${note}`);
  const inapplicable = results.filter(({ outcome }) => outcome === 'does not apply').length;
  return [...lines, `${inapplicable} × does not apply`, ''];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
