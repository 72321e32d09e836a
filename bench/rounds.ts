// Runs the measures: every round takes the sides in turn, so that what the machine does meanwhile hits both.
import type { FigureName, Findings } from './figures.ts';
import { measureBackup } from './measures/backup.ts';
import { measureBurst } from './measures/burst.ts';
import { measureCreates } from './measures/create.ts';
import { measureLists, prepareList } from './measures/list.ts';
import type { BenchOptions, SideName } from './options.ts';
import type { Side } from './side.ts';
import { emptyProject } from './volumes.ts';

export interface Results {
  /** Figures by side, one value a round. */
  readonly figures: Record<SideName, Partial<Record<FigureName, number[]>>>;
  /** CPU milliseconds a volume in the bursts, by side and process, one value a round. */
  readonly cpu: Record<SideName, Record<string, number[]>>;
}

/** Random data for backups once a side and not in every round: it takes half a minute with Cinder. */
const backupRounds = 1;
const warmUp = { creates: 3, burst: 32, lists: 2 } as const;

export async function runRounds(
  sides: readonly Side[],
  options: BenchOptions,
  say: (line: string) => void,
): Promise<Results> {
  const results: Results = { figures: { scoria: {}, cinder: {} }, cpu: { scoria: {}, cinder: {} } };
  const wants = (name: BenchOptions['measures'][number]): boolean => options.measures.includes(name);
  for (const side of sides) {
    say(`warming up ${side.name}`);
    await emptyProject(side.work, options.concurrency);
    await measureCreates(side, { ...options, ...warmUp });
    await measureBurst(side, { ...options, ...warmUp });
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const side of sides) {
      say(`round ${round} of ${options.rounds}: ${side.name}`);
      if (wants('create')) keep(results, side, await measureCreates(side, options));
      if (wants('burst')) keepBurst(results, side, await measureBurst(side, options));
      if (wants('backup') && round <= backupRounds) keep(results, side, await measureBackup(side, options));
    }
  }
  // Behind the creates: ten thousand rows of one project are not what they are measured with.
  if (wants('list')) await runLists(results, sides, options, say);
  return results;
}

async function runLists(
  results: Results,
  sides: readonly Side[],
  options: BenchOptions,
  say: (line: string) => void,
): Promise<void> {
  for (const side of sides) {
    say(`filling ${side.name} with ${options.rows} volumes`);
    await prepareList(side, options);
    await measureLists(side, { ...options, ...warmUp });
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const side of sides) {
      say(`lists, round ${round} of ${options.rounds}: ${side.name}`);
      keep(results, side, await measureLists(side, options));
    }
  }
}

function keep({ figures }: Results, { name }: Side, findings: Findings): void {
  for (const [figure, value] of Object.entries(findings)) (figures[name][figure as FigureName] ??= []).push(value);
}

function keepBurst(results: Results, side: Side, burst: Awaited<ReturnType<typeof measureBurst>>): void {
  keep(results, side, burst.findings);
  for (const [name, ms] of Object.entries(burst.cpuMsPerVolume)) (results.cpu[side.name][name] ??= []).push(ms);
}
