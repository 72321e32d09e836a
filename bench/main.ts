// Measures Scoria and a real Cinder in turn with the same load, and prints the figures, their ratios and the targets.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { openCinder } from './cinder-side.ts';
import { readOptions, type BenchOptions, type SideName } from './options.ts';
import { report } from './report.ts';
import { runRounds } from './rounds.ts';
import { openScoria } from './scoria-side.ts';
import type { Side } from './side.ts';

const openers: Readonly<Record<SideName, (options: BenchOptions) => Promise<Side>>> = {
  scoria: openScoria,
  cinder: openCinder,
};

const say = (text: string): void => console.error(`bench: ${text}`);

async function main(): Promise<void> {
  const options = readOptions(process.argv);
  const sides: Side[] = [];
  const closeAll = async (): Promise<void> => {
    for (const side of sides.toReversed()) {
      await side.close().catch((error: unknown) => say(`${side.name} did not stop: ${String(error)}`));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void closeAll().then(() => process.exit(130)));
  }
  try {
    // Cinder first: without it there is nothing to start ours for.
    for (const name of options.sides.toSorted()) {
      say(`starting ${name}`);
      sides.push(await openers[name](options));
    }
    // Ours before Cinder's in each round.
    const loadBefore = loadavg()[0] ?? 0;
    const results = await runRounds(sides.toReversed(), options, say);
    console.log(conditions(options, loadBefore));
    console.log(report(results));
    if (options.json !== undefined) await writeFile(options.json, JSON.stringify({ options, ...results }, null, 2));
  } finally {
    await closeAll();
  }
}

function conditions(options: BenchOptions, load: number): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return [
    '',
    `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${gib} GiB, Node ${process.versions.node}; load before: ${load.toFixed(1)}`,
    `${options.rounds} rounds, the sides in turn, the other one up and idle; median (least–most) over the rounds.`,
    `A round: ${options.creates} creates one at a time, a burst of ${options.burst} at ${options.concurrency}, ${options.lists} lists over ${options.rows} volumes.`,
    '',
  ].join('\n');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
