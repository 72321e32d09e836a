// Reaching a volume's bytes from another worker's step: a path on the same host, a connection to an export elsewhere.
import type { Connector } from '../drivers/connector/connector.ts';
import type { StepContext } from '../drivers/step.ts';
import type { HostClaim, HostServices } from './host-services.ts';
import type { DataAccess } from './target.ts';

export interface DataAccessDeps {
  readonly services: HostServices;
  readonly connector: Connector;
}

/** Gives `work` a path to the bytes: the storage host's own, or one made by connecting to the export. */
export async function withDataPath<T>(
  deps: DataAccessDeps,
  step: StepContext,
  claim: HostClaim,
  volumeId: string,
  data: DataAccess,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (data.kind === 'path') return work(data.path);
  const isIscsi = data.connection.driver_volume_type === 'iscsi';
  const chap = isIscsi ? await deps.services.targetSecret(claim, volumeId) : null;
  const { path } = await deps.connector.connect(step, data.exportId, data.connection, chap);
  try {
    return await work(path);
  } finally {
    await deps.connector.disconnect(step, data.exportId, data.connection);
  }
}
