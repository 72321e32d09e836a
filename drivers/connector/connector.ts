// The interface of a connector: how a host that is not the storage host reaches an exported volume's bytes.
import type { StepContext } from '../step.ts';
import type { ChapSecret, ConnectionInfo } from '../target/target.ts';

/** Connector properties as os-brick reports them (`initiator`, `host`, `ip`, `multipath`, `platform`, `os_type`). */
export interface ConnectorProperties {
  readonly initiator: string;
  readonly host: string;
  readonly ip: string;
  readonly multipath: boolean;
  readonly platform: string;
  readonly os_type: string;
}

export interface Connector {
  readonly name: string;
  properties(): Promise<ConnectorProperties>;
  /** Makes the volume's bytes readable and writable at the answered path on this host; already connected is success. */
  connect(
    step: StepContext,
    volumeId: string,
    connection: ConnectionInfo,
    chap: ChapSecret | null,
  ): Promise<{ path: string }>;
  /** Flushes and lets go; not connected is success. */
  disconnect(step: StepContext, volumeId: string, connection: ConnectionInfo): Promise<void>;
}
