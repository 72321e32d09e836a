// The bench's flags; each is also an environment variable where a person sets it once for all runs.
import { Command, InvalidArgumentError, Option } from 'commander';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const measureNames = ['create', 'burst', 'list', 'backup'] as const;
export type MeasureName = (typeof measureNames)[number];

export const sideNames = ['scoria', 'cinder'] as const;
export type SideName = (typeof sideNames)[number];

export interface BenchOptions {
  /** Directory of the kit that starts a real Cinder; undefined when nobody said where it is. */
  readonly peer?: string;
  /** Where that kit keeps its own state. */
  readonly peerDir: string;
  readonly sides: readonly SideName[];
  readonly measures: readonly MeasureName[];
  readonly rounds: number;
  /** Volumes made one after the other, in each round. */
  readonly creates: number;
  /** Volumes of a burst, and how many requests are under way at a time. */
  readonly burst: number;
  readonly concurrency: number;
  /** Volumes that a project has while it is listed, and requests in each round. */
  readonly rows: number;
  readonly lists: number;
  /** Shortest pause between two questions for what is still being created. */
  readonly pollMs: number;
  /** Leaves Scoria's state and logs where they are, and says where. */
  readonly keep: boolean;
  /** Results as JSON. */
  readonly json?: string;
}

/** Reads the command line; ends the process with a message when it is wrong. */
export function readOptions(argv: readonly string[]): BenchOptions {
  return new Command('bench')
    .description('Measures Scoria and a real Cinder in turn, with one load generator, and prints how they compare')
    .addOption(new Option('--peer <dir>', 'the kit that starts a real Cinder').env('SCORIA_PEER_KIT'))
    .addOption(
      new Option('--peer-dir <dir>', "the kit's own state").env('PEER_DIR').default(join(homedir(), '.cache', 'peer')),
    )
    .addOption(listOption('--sides <names>', 'which to measure', sideNames))
    .addOption(listOption('--measures <names>', 'what to measure', measureNames))
    .addOption(countOption('--rounds <n>', 'rounds, each with every side in turn', 3))
    .addOption(countOption('--creates <n>', 'volumes a round, one at a time', 20))
    .addOption(countOption('--burst <n>', 'volumes a burst', 160, 1000))
    .addOption(countOption('--concurrency <n>', 'requests at a time in a burst', 32))
    .addOption(countOption('--rows <n>', 'volumes that are listed', 10_000))
    .addOption(countOption('--lists <n>', 'lists a round', 10))
    .addOption(countOption('--poll-ms <n>', 'shortest pause between two polls', 10))
    .option('--keep', "leave Scoria's state and logs", false)
    .option('--json <file>', 'write every figure of every round there')
    .parse([...argv])
    .opts<BenchOptions>();
}

function listOption<Name extends string>(flags: string, text: string, allowed: readonly Name[]): Option {
  return new Option(flags, `${text} (${allowed.join(',')})`).default(allowed).argParser((value: string) => {
    const names = value.split(',');
    const unknown = names.filter((name) => !(allowed as readonly string[]).includes(name));
    if (unknown.length > 0)
      throw new InvalidArgumentError(`unknown: ${unknown.join(', ')}; there are ${allowed.join(', ')}`);
    return names;
  });
}

function countOption(flags: string, text: string, standard: number, maximum = 1_000_000): Option {
  return new Option(flags, text).default(standard).argParser((value: string) => {
    const count = Number(value);
    if (Number.isInteger(count) && count > 0 && count <= maximum) return count;
    throw new InvalidArgumentError(`a whole number from 1 to ${maximum}`);
  });
}
