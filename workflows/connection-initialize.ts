// connectionInitialize: export the volume for a connector; the API waits for the answer and adds the credentials.
import { exportFor, placedHost, recordConnection } from './support/connection.ts';
import { operationWorkflow } from './support/operation.ts';

interface ConnectionInitializeInput {
  readonly volumeId: string;
  readonly attachmentId: string | null;
  readonly connector: Readonly<Record<string, unknown>>;
  readonly mode?: string | null;
}

export const connectionInitialize = operationWorkflow('connectionInitialize', async (run) => {
  const { volumeId, attachmentId, connector, mode } = run.input<ConnectionInitializeInput>();
  const host = placedHost(run, volumeId);
  const readonly = mode === 'ro' || run.volume(volumeId).readonly;
  const connection = await exportFor(run, { volumeId, host, attachmentId, readonly, connector });
  if (attachmentId !== null) await recordConnection(run, { attachmentId, connection, connector });
  return { connectionInfo: connection };
});
