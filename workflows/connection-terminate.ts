// connectionTerminate: take the export away when this was its last user; the API waits for it.
import { placedHost, removeExportUnlessUsed } from './support/connection.ts';
import { operationWorkflow } from './support/operation.ts';

interface ConnectionTerminateInput {
  readonly volumeId: string;
  readonly attachmentId: string | null;
  readonly removeExport: boolean;
}

export const connectionTerminate = operationWorkflow('connectionTerminate', async (run) => {
  const { volumeId, attachmentId, removeExport } = run.input<ConnectionTerminateInput>();
  if (!removeExport || run.volume(volumeId).host === null) return {};
  await removeExportUnlessUsed(run, { volumeId, host: placedHost(run, volumeId), attachmentId });
  return {};
});
