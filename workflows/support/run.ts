// One claimed run of an operation, as its workflow sees it: facts, undo stack, host steps, words for people.
import {
  CancellationScope,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { BackupActivities } from '../../activities/backup.ts';
import type { GroupSnapshotActivities } from '../../activities/group-snapshots.ts';
import type { ImageActivities } from '../../activities/image.ts';
import type { InstanceActivities } from '../../activities/instance.ts';
import type { ClaimAnswer } from '../../activities/operation.ts';
import type { ManageActivities } from '../../activities/manage.ts';
import type { TargetActivities } from '../../activities/target.ts';
import type { VolumeActivities } from '../../activities/volume.ts';
import type { VolumeCopyActivities } from '../../activities/volume-copy.ts';
import { parsePoolAddress, serviceHostOf } from '../../domain/backend-host.ts';
import { stepKey, type StepKey } from '../../domain/skips.ts';
import { backendAttribute } from '../../domain/search-attributes.ts';
import { backupQueue, computeQueue, volumeQueue } from '../../domain/task-queues.ts';
import { despitePauses, pausedBackends } from './backend-wait.ts';
import { control } from './control.ts';
import { neverStarted } from './failures.ts';
import type { Bell } from './orders.ts';

type Claimed = Exclude<ClaimAnswer, { verdict: 'finished' }>;

/** What the worker of a back-end does. */
export type VolumeHostActivities = VolumeActivities &
  TargetActivities &
  VolumeCopyActivities &
  ManageActivities &
  ImageActivities &
  GroupSnapshotActivities;

/** A worker that a step must run on: Cinder's binary and host as `service list` shows them. */
interface StepHost {
  readonly binary: 'cinder-volume' | 'cinder-backup' | 'nova-compute';
  readonly host: string;
  readonly queue: string;
}

/** A step on a host, as a pause, a skip and the history name it. */
export interface StepNow {
  readonly name: string;
  readonly host: string;
  readonly key: StepKey;
  /** The host has been found down while the step waits for it. */
  hostDown: boolean;
}

export interface Undo {
  readonly title: string;
  readonly act: () => Promise<unknown>;
}

/** Each look at a host costs events, and a history holds 51,200: ten seconds apart that would be a day. */
const maxWatchMs = 300_000;

export class OperationRun {
  readonly operationId: string;
  /** Kept on the run so that an undo that outlives a pause acts under the claim of that time. */
  epoch: string;
  granted: Claimed;
  readonly undos: Undo[] = [];
  /** Takes a newer claim, so that steps of ours that sleep somewhere under this one are refused when they wake up. */
  renewClaim: () => Promise<void> = () => Promise.resolve();
  /** The body has been run under this workflow: what it did is on the undo stack. */
  attempted = false;
  /**
   * The body is run only for its undo stack: steps on hosts are not taken and answer an empty object. An abort of an
   * operation whose workflow was lost begins so, because nothing remembers what the lost one had registered.
   */
  rehearsing = false;
  /** What was done is being undone. */
  unwinding = false;
  /** Wakes the run while it waits for a paused back-end. */
  bell: Bell = { waiting: false, rung: null };
  /** Steps by host that may have begun there. */
  private readonly begun = new Map<string, number>();
  /** True when no other run can have done anything before: what `begun` does not have was never done. */
  private readonly knowsAll: boolean;
  /** The step that is being taken, or was last. */
  private current: StepNow | null = null;
  private doing = '';
  /** What the search attribute says; the request set it where it knew the back-end. */
  private backend: string | null;

  constructor(operationId: string, granted: Claimed) {
    this.operationId = operationId;
    this.epoch = granted.epoch;
    this.granted = granted;
    this.backend = this.input<{ backend?: string }>().backend ?? null;
    // A reset gives the run another id, and may have cut off what it knew.
    const { runId, firstExecutionRunId } = workflowInfo();
    this.knowsAll = granted.first === true && runId === firstExecutionRunId;
  }

  /** Goes on under another claim; what earlier attempts may have left is still undone, and too late stays too late. */
  takeUp(granted: Claimed): void {
    this.granted = granted;
    this.epoch = granted.epoch;
  }

  get claim(): { operationId: string; epoch: string } {
    return { operationId: this.operationId, epoch: this.epoch };
  }

  /** The request's own fields; the accept path validated them and wrote them into the Operation row. */
  input<Shape>(): Shape {
    return this.granted.input as Shape;
  }

  volume(id: string) {
    return mustExist(this.granted.facts.volumes[id], 'volume', id);
  }

  snapshot(id: string) {
    return mustExist(this.granted.facts.snapshots[id], 'snapshot', id);
  }

  backup(id: string) {
    return mustExist(this.granted.facts.backups[id], 'backup', id);
  }

  /** Registers how to undo the step that the next line begins. */
  undo(title: string, act: () => Promise<unknown>): void {
    this.undos.push({ title, act });
  }

  /** Forgets the newest undo, because the step has been undone in the ordinary course. */
  undone(): void {
    this.undos.pop();
  }

  /** Says in the Temporal UI's current details what is being done. */
  show(text: string): void {
    this.doing = text;
    setCurrentDetails(text);
  }

  /** What was being done last, for a pause's reason. */
  get lastShown(): string {
    return this.doing;
  }

  /** Steps on the worker of the back-end at `address` (host@backend#pool). */
  onVolumeHost<T>(address: string, summary: string, call: (on: VolumeHostActivities) => Promise<T>) {
    const host = serviceHostOf(address);
    return this.onHost<VolumeHostActivities, T>(
      { binary: 'cinder-volume', host, queue: volumeQueue(host) },
      summary,
      call,
    );
  }

  onBackupHost<T>(host: string, summary: string, call: (on: BackupActivities) => Promise<T>) {
    return this.onHost<BackupActivities, T>({ binary: 'cinder-backup', host, queue: backupQueue(host) }, summary, call);
  }

  onComputeHost<T>(host: string, summary: string, call: (on: InstanceActivities) => Promise<T>) {
    return this.onHost<InstanceActivities, T>(
      { binary: 'nova-compute', host, queue: computeQueue(host) },
      summary,
      call,
    );
  }

  /**
   * Written before the step after which the old state is gone: an abort from then on cannot give it back. Not while the
   * back-end of one of `addresses` (host@backend#pool) is paused: an abort of what has to wait loses nothing.
   */
  async passPointOfNoReturn(addresses: readonly string[] = []): Promise<void> {
    const hosts = [...new Set(addresses.map(serviceHostOf))];
    if (!this.rehearsing) await despitePauses(this, () => control.passPointOfNoReturn(this.claim, hosts));
  }

  /** Takes a step on a host, and remembers that it may have begun unless it was refused before it could. */
  async begin<T>(host: string, act: () => Promise<T>): Promise<T> {
    const count = (change: number): unknown => this.begun.set(host, (this.begun.get(host) ?? 0) + change);
    count(1);
    try {
      return await act();
    } catch (error) {
      if (pausedBackends(error)?.untouched) count(-1);
      throw error;
    }
  }

  /** Nothing of this operation can have been done on the host. */
  private isUntouched(host: string): boolean {
    return this.knowsAll && (this.begun.get(host) ?? 0) === 0;
  }

  /** What is being done, or was when it failed. */
  get step(): StepNow | null {
    return this.current;
  }

  beginStep(step: { readonly name: string; readonly host: string; readonly summary: string }): StepNow {
    this.current = { name: step.name, host: step.host, key: stepKey(step), hostDown: false };
    return this.current;
  }

  private async onHost<Set extends object, T>(
    target: StepHost,
    summary: string,
    call: (on: Set) => Promise<T>,
  ): Promise<T> {
    this.show(`${summary}, on ${target.host}`);
    // An abort of what has waited for a paused back-end does not have to wait for it.
    if (this.rehearsing || (this.unwinding && this.isUntouched(target.host))) return {} as T;
    if (target.binary === 'cinder-volume') this.noteBackend(target.host);
    const { policy } = this.granted;
    const step = {
      taskQueue: target.queue,
      summary,
      // A copy of a large volume takes hours; a dead worker is noticed by its missing heartbeat.
      startToCloseTimeout: '7 days',
      heartbeatTimeout: policy.heartbeatTimeoutMs,
      retry: {
        initialInterval: policy.initialIntervalMs,
        maximumInterval: '30 s',
        maximumAttempts: policy.maximumAttempts,
      },
    } as const;
    const on = (options: ActivityOptions): Set =>
      this.withSkips(proxyActivities(options) as unknown as Set, target.host, summary);
    const begin = (options: ActivityOptions): Promise<T> => this.begin(target.host, () => call(on(options)));
    return despitePauses(this, async () => {
      try {
        return await begin({ ...step, scheduleToStartTimeout: policy.hostPatienceMs });
      } catch (error) {
        if (!neverStarted(error)) throw error;
        // Only now is a timer worth its events: nearly every step is begun at once.
        return this.whileWatching(target, begin(step));
      }
    });
  }

  /** The host's steps, each noted as it begins; those that are to be left out answer nothing. */
  private withSkips<Set extends object>(on: Set, host: string, summary: string): Set {
    return new Proxy(on, {
      get: (steps, name: string) => (request: unknown) => {
        const { key } = this.beginStep({ name, host, summary });
        if (this.granted.skippedSteps.includes(key)) return Promise.resolve(undefined);
        return (steps as Record<string, (request: unknown) => Promise<unknown>>)[name]?.(request);
      },
    });
  }

  /** Makes the operation findable by its back-end. */
  noteBackend(serviceHost: string): void {
    if (this.backend === serviceHost) return;
    this.backend = serviceHost;
    upsertSearchAttributes([{ key: backendAttribute, value: serviceHost }]);
  }

  /** Waits for a step that nobody takes up; says so when its host is down, and goes on when that returns. */
  private async whileWatching<T>(target: StepHost, work: Promise<T>): Promise<T> {
    const said = this.lastShown;
    const watch = new CancellationScope();
    void watch
      .run(async () => {
        for (let waitMs = this.granted.policy.hostPatienceMs; ; waitMs = Math.min(waitMs * 2, maxWatchMs)) {
          const status = await control.hostStatus(target.binary, target.host);
          if (this.current?.host === target.host) this.current.hostDown = !status.up;
          if (status.up) setCurrentDetails(said);
          else setCurrentDetails(`${said}\n\nWaiting for host ${target.host}, ${downSince(status.lastReportedAt)}.`);
          await sleep(waitMs);
        }
      })
      .catch(() => undefined);
    try {
      return await work;
    } finally {
      watch.cancel();
    }
  }
}

function downSince(lastReportedAt: string | null): string {
  return lastReportedAt === null ? 'which has never reported' : `down since ${lastReportedAt}`;
}

function mustExist<Facts>(facts: Facts | undefined, type: string, id: string): Facts {
  if (facts === undefined) throw new Error(`${type} ${id} is not among the operation's resources`);
  return facts;
}

/** Host name, without back-end, of a pool's address: where its volumes' bytes can be read without a network. */
export function hostNameOf(address: string): string {
  return parsePoolAddress(address).host;
}
