// An OperationStarter without Temporal and hosts: it accepts an operation, then claims and ends it in the database as
// its workflow would have, in the store's own transactions. What a driver would have answered is made up here.
import type { AcceptedOperation, OperationStarter } from '../../../api/operations/starter.ts';
import { accept } from '../../../prisma/store/operations/accept.ts';
import type { AcceptRequest } from '../../../prisma/store/operations/accept-types.ts';
import type { Database } from '../../../prisma/store/database/client.ts';
import { recordManaged } from '../../../prisma/store/volumes/managed.ts';
import { recordConnection } from '../../../prisma/store/attachments/connections.ts';
import { claimOperation } from '../../../prisma/store/operations/claim.ts';
import { endOperation } from '../../../prisma/store/operations/end.ts';

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
    const verdict = await claimOperation(db, { operationId, runId: operationId, actor: 'instant', cause: 'claimed' });
    // Its resource was taken from it, or an administrator has ended it: its workflow would do nothing more.
    if (verdict.verdict !== 'granted') return {};
    const claim = { operationId, epoch: verdict.epoch };
    const input = request.input as unknown as Run['input'];
    const result = (await traces[request.kind]?.({ db, request, claim, input })) ?? {};
    const ended = {
      ...claim,
      outcome: 'succeeded',
      reason: null,
      code: null,
      actor: 'instant',
    } as const;
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
    start: () => Promise.resolve(true),
  };
}

interface Run {
  readonly db: Database;
  readonly request: AcceptRequest;
  readonly claim: { readonly operationId: string; readonly epoch: string };
  readonly input: Readonly<Record<string, string | null>>;
}

/** The traces that a workflow's steps leave in the database; kinds without an entry leave none. */
const traces: Partial<Record<AcceptRequest['kind'], (run: Run) => Promise<Result>>> = {
  volumeCreate: ({ db, request }) => place(db, request.resourceId),
  backupRestore: ({ db, input }) => place(db, input['volumeId'] ?? ''),
  async volumeManage({ db, claim, input }) {
    const managed = { claim, volumeId: input['volumeId'] ?? '', host: instantHost, sizeGib: 3 };
    return { host: await recordManaged(db, managed, {}) };
  },
  async manageableList({ db, request }) {
    const { kind } = request.input as unknown as { readonly kind: string };
    const where = { deletedAt: null };
    if (kind === 'snapshots') {
      const snapshots = await db.snapshot.findMany({ where });
      return { objects: snapshots.map((row) => objectOf('snapshot', row)) };
    }
    const volumes = await db.volume.findMany({ where: { ...where, host: instantHost }, orderBy: { sizeGib: 'asc' } });
    return { objects: volumes.map((row) => objectOf('volume', row)) };
  },
  async groupCreate({ db, request }) {
    await db.volumeGroup.update({ where: { id: request.resourceId }, data: { host: instantHost } });
    return { host: instantHost };
  },
  volumeAttach: () => Promise.resolve({ device: '/dev/vdb' }),
  async connectionInitialize({ db, request, claim, input }) {
    const { volumeId, attachmentId } = input;
    const connection = { driver_volume_type: 'local', data: { device_path: `<dir>/volume-${volumeId}` } };
    const { connector } = request.input as unknown as { readonly connector: Result };
    if (attachmentId) await recordConnection(db, { claim, attachmentId, connection, connector });
    return { connectionInfo: connection };
  },
  async backupCreate({ db, request, input }) {
    const { resourceId: id } = request;
    const container = `${id.slice(0, 2)}/${id.slice(2, 4)}/${id}`;
    await db.backup.update({ where: { id }, data: { container } });
    return { objectCount: input['parentId'] === null ? 11 : 0 };
  },
};

const objectOf = (what: string, { id, sizeGib }: { id: string; sizeGib: number }): Result => ({
  name: `${what}-${id}`,
  sizeGib,
  sourceName: null,
});

async function place(db: Database, volumeId: string): Promise<Result> {
  await db.volume.update({ where: { id: volumeId }, data: { host: instantHost } });
  return { volumeId, host: instantHost };
}
