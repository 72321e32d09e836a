// One claimed run of an operation, as its workflow sees it: facts, undo stack, host steps, words for people.
import {
  CancellationScope,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { BackupActivities } from '../../activities/backup.ts';
import type { InstanceActivities } from '../../activities/instance.ts';
import type { ClaimAnswer } from '../../activities/operation.ts';
import type { TargetActivities } from '../../activities/target.ts';
import type { VolumeActivities } from '../../activities/volume.ts';
import { parsePoolAddress, serviceHostOf } from '../../domain/backend-host.ts';
import { backendAttribute } from '../../domain/search-attributes.ts';
import { backupQueue, computeQueue, volumeQueue } from '../../domain/task-queues.ts';
import { control } from './control.ts';

type Granted = Extract<ClaimAnswer, { verdict: 'granted' }>;

/** A worker that a step must run on: Cinder's binary and host as `service list` shows them. */
interface StepHost {
  readonly binary: 'cinder-volume' | 'cinder-backup' | 'nova-compute';
  readonly host: string;
  readonly queue: string;
}

export interface Undo {
  readonly title: string;
  readonly act: () => Promise<unknown>;
}

export class OperationRun {
  readonly operationId: string;
  /** Kept on the run so that an undo that outlives a pause acts under the claim of that time. */
  epoch: string;
  granted: Granted;
  readonly undos: Undo[] = [];
  /** Takes a newer claim, so that steps of ours that sleep somewhere under this one are refused when they wake up. */
  renewClaim: () => Promise<void> = () => Promise.resolve();
  /** Set before the step after which the old state is gone. */
  tooLate = false;
  private doing = '';
  private backend: string | null = null;

  constructor(operationId: string, granted: Granted) {
    this.operationId = operationId;
    this.epoch = granted.epoch;
    this.granted = granted;
  }

  /** Goes on under another claim; what earlier attempts may have left is still undone, and too late stays too late. */
  takeUp(granted: Granted): void {
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
  onVolumeHost<T>(address: string, summary: string, call: (on: VolumeActivities & TargetActivities) => Promise<T>) {
    const host = serviceHostOf(address);
    return this.onHost<VolumeActivities & TargetActivities, T>(
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

  private async onHost<Set extends object, T>(
    target: StepHost,
    summary: string,
    call: (on: Set) => Promise<T>,
  ): Promise<T> {
    this.show(`${summary}, on ${target.host}`);
    if (target.binary === 'cinder-volume') this.noteBackend(target.host);
    const { policy } = this.granted;
    const on = proxyActivities({
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
    }) as unknown as Set;
    return this.whileWatching(target, call(on));
  }

  /** Makes the operation findable by its back-end. */
  noteBackend(serviceHost: string): void {
    if (this.backend === serviceHost) return;
    this.backend = serviceHost;
    upsertSearchAttributes([{ key: backendAttribute, value: serviceHost }]);
  }

  /** Waits for a step and says so when the host that has to do it is down; it goes on when the host returns. */
  private async whileWatching<T>(target: StepHost, work: Promise<T>): Promise<T> {
    const said = this.lastShown;
    const watch = new CancellationScope();
    void watch
      .run(async () => {
        for (;;) {
          await sleep(this.granted.policy.hostPatienceMs);
          const status = await control.hostStatus(target.binary, target.host);
          if (status.up) setCurrentDetails(said);
          else setCurrentDetails(`${said}\n\nWaiting for host ${target.host}, ${downSince(status.lastReportedAt)}.`);
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
