// The table a person reads: ours, Cinder's, how many times better, and whether the target is met.
import { factorOf, figureNames, figureOf, type FigureName } from './figures.ts';
import type { Results } from './rounds.ts';
import { median, spreadOf, type Spread } from './statistics.ts';

const widths = [46, 24, 24, 20, 16] as const;

/** Medians over the rounds with the least and the most in brackets; ratios are taken round by round. */
export function report({ figures, cpu }: Results): string {
  const rows = figureNames.flatMap((name) => {
    const ours = figures.scoria[name] ?? [];
    const theirs = figures.cinder[name] ?? [];
    return ours.length + theirs.length === 0 ? [] : [figureRow(name, ours, theirs)];
  });
  const head = ['', 'Scoria', 'Cinder', 'times better', 'target'];
  const parts = [[head, ...rows].map(line).join('\n')];
  for (const side of ['scoria', 'cinder'] as const) {
    const shares = Object.entries(cpu[side]);
    if (shares.length > 0) parts.push(cpuLine(side, shares));
  }
  return parts.join('\n\n');
}

function figureRow(name: FigureName, ours: readonly number[], theirs: readonly number[]): string[] {
  const { title, unit, target } = figureOf(name);
  const factors = ours.flatMap((value, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [factorOf(name, value, other)];
  });
  const factor = median(factors);
  const verdict = target === undefined ? '' : `≥ ${target}: ${factor >= target ? 'met' : 'missed'}`;
  return [
    title,
    ours.length > 0 ? `${spread(spreadOf(ours))} ${unit}` : '',
    theirs.length > 0 ? `${spread(spreadOf(theirs))} ${unit}` : '',
    factors.length > 0 ? spread(spreadOf(factors)) : '',
    factors.length > 0 ? verdict : '',
  ];
}

function cpuLine(side: string, shares: readonly (readonly [string, readonly number[]])[]): string {
  const medians = shares.map(([name, values]) => [name, median(values)] as const);
  const list = medians.map(([name, ms]) => `${name} ${ms.toFixed(1)}`).join(', ');
  return `CPU a volume in the burst by process, ms, ${side}: ${list} (bench is the load itself)`;
}

function spread({ median, least, most }: Spread): string {
  return least === most ? number(median) : `${number(median)} (${number(least)}–${number(most)})`;
}

/** Three digits that count. */
const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('')
    .trimEnd();
