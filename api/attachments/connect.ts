// Having a volume exported for a connector and taking the export away: operations whose result the client waits for.
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { OperationFailedError } from '../operations/starter.ts';
import type { StoredConnection } from './connection-view.ts';

export type Connector = Readonly<Record<string, unknown>>;

const notPlaced = 'the volume has not been scheduled to any host.';

function requestFor(
  context: RequestContext,
  volume: VolumeRow,
  kind: 'connectionInitialize' | 'connectionTerminate',
  input: Readonly<Record<string, unknown>>,
): AcceptRequest {
  return {
    kind,
    operationId: context.operationId,
    resourceId: volume.id,
    projectId: volume.projectId,
    userId: context.userId,
    requestId: context.requestId,
    input: { volumeId: volume.id, ...input },
    claims: [],
    // The volume stays while its target is changed.
    reads: [{ resource: 'volume', id: volume.id }],
    quota: [],
  };
}

/** Exports the volume and answers where to connect. Throws InvalidVolume, ServerError when the back-end cannot. */
export async function initializeConnection(
  context: RequestContext,
  volume: VolumeRow,
  wish: { readonly attachmentId: string | null; readonly connector: Connector; readonly mode: string | null },
): Promise<StoredConnection> {
  if (volume.host === null) throw new ApiError('InvalidVolume', { reason: notPlaced });
  try {
    const result = await context.operations.submitAndWait(
      requestFor(context, volume, 'connectionInitialize', wish),
      context.config.rpcResponseTimeoutMs,
    );
    return (result as { readonly connectionInfo: StoredConnection }).connectionInfo;
  } catch (error) {
    throw backendFault(context, error, 'Unable to fetch connection information from backend.');
  }
}

/** Takes the export away if `removeExport` says that nobody else uses it. A volume without a host has none. */
export async function terminateConnection(
  context: RequestContext,
  volume: VolumeRow,
  wish: { readonly attachmentId: string | null; readonly connector: Connector | null; readonly removeExport: boolean },
): Promise<void> {
  if (volume.host === null) return;
  try {
    await context.operations.submitAndWait(
      requestFor(context, volume, 'connectionTerminate', wish),
      context.config.rpcResponseTimeoutMs,
    );
  } catch (error) {
    throw backendFault(context, error, 'Unable to terminate volume connection from backend.');
  }
}

function backendFault(context: RequestContext, error: unknown, detail: string): unknown {
  if (!(error instanceof OperationFailedError)) return error;
  if (error.code === 'ConnectorIncomplete') {
    return new ApiError('InvalidInput', { reason: `Connector doesn't have required information: ${error.message}` });
  }
  context.log.warn({ err: error, operationId: context.operationId }, detail);
  return new ApiError('ServerError', { detail });
}
