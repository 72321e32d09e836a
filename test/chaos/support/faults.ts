// The faults of the matrix: where each applies, how it strikes, and what it may make an operation say.
import { setTimeout as delay } from 'node:timers/promises';
import type { Moment } from './gate-messages.ts';
import type { Hit, Step, Watched } from './gate.ts';
import type { ProgramName } from './commands.ts';
import type { Plant } from './plant.ts';
import type { WorkerRole } from './processes.ts';
import type { ServerName } from './servers.ts';
import { freezeWorker } from './zombie.ts';

/** An activity of a scenario's clean run. */
export interface Boundary extends Step {
  readonly role: WorkerRole;
  /** What the step ran, in order. */
  readonly commands: readonly ProgramName[];
  /** Whether any step of the operation used the target. */
  readonly usesTarget: boolean;
}

/** A worker that is held at a boundary of one operation. */
export interface Target {
  readonly boundary: Boundary;
  readonly moment: Moment;
  readonly hit: Hit;
  readonly watched: Watched;
  /** Decides what the table leaves open: 0 ≤ x < 1, from the cell's seed. */
  readonly chance: number;
}

/** One blow: every target stands at its boundary while it falls. */
export interface Strike {
  readonly plant: Plant;
  readonly targets: readonly Target[];
}

/** What is left to do about a strike. */
export interface Aftermath {
  /** Ends the fault: before a paused operation is retried, and at the end. Twice is once. */
  heal(): Promise<void>;
  /** After the operation has ended, before anything is checked. */
  finish?(): Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly what: string;
  /** Why it cannot strike here, or null. */
  doesNotApply(boundary: Boundary, moment: Moment): string | null;
  strike(strike: Strike): Promise<Aftermath>;
  /** Which cells one blow may strike together: those with the same answer; null, none with any other. */
  together(boundary: Boundary): string | null;
  /** The true reason, as a pause or a failure has to give it; null where the operation has to end well by itself. */
  readonly pauseReason: RegExp | null;
  readonly failureReason: RegExp | null;
}

const nothing: Aftermath = { heal: () => Promise.resolve() };
const always = (): null => null;
/** How long a server is away while the step goes on without it. */
const awayMs = 400;
const withAnybody = (): string => 'any';
const alone = (): null => null;
const endsWell = { pauseReason: null, failureReason: null } as const;

const releaseAll = (targets: readonly Target[], action: 'go' | 'throw' = 'go'): void => {
  for (const { hit } of targets) hit.release(action);
};

/** A worker that has more than one of the held steps loses all of them. */
async function workerDies({ plant, targets }: Strike): Promise<Aftermath> {
  for (const role of new Set(targets.map(({ boundary }) => boundary.role))) {
    await plant.processes.kill(role);
    await plant.processes.keepStarting(role);
  }
  return nothing;
}

async function apiDies({ plant, targets }: Strike): Promise<Aftermath> {
  await plant.processes.kill('api');
  releaseAll(targets);
  await plant.processes.keepStarting('api');
  return nothing;
}

const serverDies =
  (name: ServerName): Fault['strike'] =>
  async ({ plant, targets }) => {
    await plant.servers.kill(name);
    releaseAll(targets);
    await delay(awayMs);
    await plant.servers.start(name);
    return nothing;
  };

const commandFails =
  (how: 'hang' | 'rubbish'): Fault['strike'] =>
  async ({ plant, targets: [target] }) => {
    const { commands, type } = target?.boundary ?? { commands: [], type: 'none' };
    const nth = Math.floor((target?.chance ?? 0) * commands.length);
    const program = commands[nth];
    if (program === undefined) throw new Error(`${type} runs no command`);
    const skip = commands.slice(0, nth).filter((one) => one === program).length;
    await plant.commands.arm(program, how, skip);
    target?.hit.release('go');
    return { heal: () => plant.commands.disarm() };
  };

const runsNoCommand: Fault['doesNotApply'] = ({ commands }, moment) => {
  if (moment === 'after') return 'after its effect a step runs no command';
  return commands.length === 0 ? 'the step runs no command' : null;
};

async function fillDisks({ plant, targets }: Strike): Promise<Aftermath> {
  for (const disk of plant.disks) await disk.fill();
  releaseAll(targets);
  return { heal: async () => void (await Promise.all(plant.disks.map((disk) => disk.empty()))) };
}

export const faults: readonly Fault[] = [
  {
    ...endsWell,
    name: 'activity-error',
    what: 'the step fails once with an error that nobody foresaw',
    doesNotApply: always,
    together: withAnybody,
    strike({ targets }) {
      releaseAll(targets, 'throw');
      return Promise.resolve(nothing);
    },
  },
  {
    ...endsWell,
    name: 'worker-killed',
    what: 'SIGKILL of the worker that has the step; another is started',
    doesNotApply: always,
    together: ({ role }) => role,
    strike: workerDies,
  },
  {
    ...endsWell,
    name: 'worker-frozen',
    what: 'SIGSTOP of that worker; its step goes to another; SIGCONT while that one works, or after the operation’s end',
    doesNotApply: always,
    together: alone,
    strike: freezeWorker,
  },
  {
    ...endsWell,
    name: 'api-killed',
    what: 'SIGKILL of the API, which hosts ask for secrets and report to; it is started again',
    doesNotApply: always,
    together: withAnybody,
    strike: apiDies,
  },
  {
    ...endsWell,
    name: 'temporal-killed',
    what: 'SIGKILL of the Temporal server, which is started again on its database',
    doesNotApply: always,
    together: withAnybody,
    strike: serverDies('temporal'),
  },
  {
    ...endsWell,
    name: 'postgres-killed',
    what: 'SIGKILL of PostgreSQL, which is started again on its data',
    doesNotApply: always,
    together: withAnybody,
    strike: serverDies('postgres'),
  },
  {
    name: 'disk-full',
    what: 'not one more block or file fits on the disks of the back-ends and of the backup store (ENOSPC)',
    doesNotApply: ({ role }) => (role === 'volume' || role === 'backup' ? null : 'the step stores nothing on a disk'),
    together: withAnybody,
    strike: fillDisks,
    pauseReason: /no space left|bytes to copy, \d+ free|disk quota/i,
    // A create goes to the next back-end; when all are full there is no valid host, as in Cinder.
    failureReason: /No valid host was found/,
  },
  {
    name: 'command-hangs',
    what: 'a command of the step does not end and prints nothing',
    doesNotApply: runsNoCommand,
    together: alone,
    strike: commandFails('hang'),
    pauseReason: /printed nothing|waited \d+ ms for/,
    failureReason: null,
  },
  {
    name: 'command-raves',
    what: 'a command of the step prints rubbish instead of doing its work',
    doesNotApply: runsNoCommand,
    together: alone,
    strike: commandFails('rubbish'),
    pauseReason: /printed|exit code|nonsense|not understood/i,
    failureReason: null,
  },
  {
    name: 'target-killed',
    what: 'SIGKILL of tgtd, which loses every export; a fresh one is started',
    doesNotApply: ({ usesTarget }) => (usesTarget ? null : 'nothing of the operation touches the target'),
    together: withAnybody,
    strike: serverDies('tgtd'),
    pauseReason: /tgtd does not answer|tgtadm/,
    failureReason: null,
  },
];
