// An OperationStarter without Temporal and hosts: it accepts an operation, then claims and ends it in the database as
// its workflow would have, in the store's own transactions. What a driver would have answered is made up here.
import type { AcceptedOperation, OperationStarter } from '../../../api/operations/starter.ts';
import { accept } from '../../../prisma/store/accept.ts';
import type { AcceptRequest } from '../../../prisma/store/accept-types.ts';
import type { Database } from '../../../prisma/store/client.ts';
import { recordConnection } from '../../../prisma/store/connections.ts';
import { claimOperation } from '../../../prisma/store/operation-claim.ts';
import { endOperation } from '../../../prisma/store/operation-end.ts';

export interface InstantStarter extends OperationStarter {
  /** Ends what has been accepted and not yet run, oldest first. */
  settle(): Promise<void>;
}

type Result = Readonly<Record<string, unknown>>;

/** host@backend#pool of everything that is placed. */
export const instantHost = 'peer@lf#lf';

export function createInstantStarter(db: Database, quotaDefaults: Readonly<Record<string, number>>): InstantStarter {
  const waiting: AcceptRequest[] = [];

  async function run(request: AcceptRequest): Promise<Result> {
    const { operationId } = request;
    const verdict = await claimOperation(db, { operationId, runId: operationId, actor: 'instant' });
    // Its resource was taken from it: it is paused now, as its workflow would be.
    if (verdict.verdict === 'refused') return {};
    if (verdict.verdict !== 'granted') throw new Error(`operation ${operationId}: ${verdict.verdict}`);
    const claim = { operationId, epoch: verdict.epoch };
    const result = await work(db, request, claim);
    const ended = { ...claim, outcome: 'succeeded', reason: null, code: null, actor: 'instant', tooLate: false } as const;
    await endOperation(db, { ...ended, result });
    return result;
  }

  async function submit(request: AcceptRequest): Promise<AcceptedOperation> {
    const operation = await accept(db, request, { quotaDefaults });
    waiting.push(request);
    return operation;
  }

  async function settle(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) await run(next);
  }

  return {
    submit,
    settle,
    async submitAndWait(request) {
      await accept(db, request, { quotaDefaults });
      return run(request);
    },
    start: () => Promise.resolve(),
  };
}

/** The traces that a workflow's steps leave in the database. */
async function work(
  db: Database,
  request: AcceptRequest,
  claim: { readonly operationId: string; readonly epoch: string },
): Promise<Result> {
  const input = request.input as Readonly<Record<string, unknown>>;
  const volumeId = String(input['volumeId'] ?? request.resourceId);
  switch (request.kind) {
    case 'volumeCreate':
      await db.volume.update({ where: { id: volumeId }, data: { host: instantHost } });
      return { host: instantHost };
    case 'backupRestore':
      await db.volume.update({ where: { id: volumeId }, data: { host: instantHost } });
      return { volumeId };
    case 'connectionInitialize': {
      const connection = { driver_volume_type: 'local', data: { device_path: `<dir>/volume-${volumeId}` } };
      const attachmentId = input['attachmentId'] as string | null;
      const connector = input['connector'] as Result;
      if (attachmentId) await recordConnection(db, { claim, attachmentId, connection, connector });
      return { connectionInfo: connection };
    }
    case 'volumeAttach':
      return { device: '/dev/vdb' };
    case 'backupCreate': {
      const { resourceId: id } = request;
      const container = `${id.slice(0, 2)}/${id.slice(2, 4)}/${id}`;
      await db.backup.update({ where: { id }, data: { container } });
      return { objectCount: input['incremental'] ? 0 : 11 };
    }
    default:
      return {};
  }
}
