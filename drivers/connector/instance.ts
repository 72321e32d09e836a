// The interface of what runs instances on a compute host: it plugs a volume into a running instance and out again.
import type { StepContext } from '../step.ts';
import type { ChapSecret, ConnectionInfo } from '../target/target.ts';

/** An instance as its compute host sees it; `status` in Nova's words. */
export interface InstanceState {
  readonly id: string;
  readonly name: string;
  readonly status: 'ACTIVE' | 'SHUTOFF' | 'PAUSED' | 'ERROR' | 'UNKNOWN';
  readonly vcpus: number;
  readonly memoryMib: number;
}

export interface PlugRequest {
  readonly instanceId: string;
  readonly volumeId: string;
  readonly connection: ConnectionInfo;
  readonly chap: ChapSecret | null;
  /** `/dev/vdX` wished for; null lets the driver choose the next free one. */
  readonly device: string | null;
  readonly readonly: boolean;
}

export interface InstanceDriver {
  readonly name: string;
  checkForSetup(): Promise<void>;
  listInstances(): Promise<readonly InstanceState[]>;
  /** Hot-plugs the disk, live and persistent; already plugged answers its device. Throws AttachRefused, Missing. */
  plugVolume(step: StepContext, request: PlugRequest): Promise<{ device: string }>;
  /** Flushes and hot-unplugs, and waits until the guest has let go; not plugged is success. */
  unplugVolume(step: StepContext, instanceId: string, volumeId: string): Promise<void>;
  /** Tells a running instance that its disk has grown. */
  resizeVolume(step: StepContext, instanceId: string, volumeId: string, sizeGib: number): Promise<void>;
}
