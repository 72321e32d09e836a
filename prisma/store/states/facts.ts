// What the rows say about one volume, snapshot or backup, for a judgement of its state.
import type { AttachmentState, CheckedResource, StateFacts } from '../../../domain/state-check.ts';
import { serviceHostOf } from '../../../domain/backend-host.ts';
import type { Prisma } from '../../generated/client.ts';

type Transaction = Prisma.TransactionClient;
type Row = Pick<StateFacts, 'status' | 'attachStatus' | 'sizeGib' | 'place'>;

/** Kinds after which, when they were cut off late, nobody can tell from outside whether the data is whole. */
const destructive = [
  ...['volumeDelete', 'volumeRevert', 'volumeReimage', 'groupDelete'],
  ...['snapshotDelete', 'groupSnapshotDelete', 'backupRestore', 'backupDelete'],
];

const readers: Readonly<Record<CheckedResource, (db: Transaction, id: string) => Promise<Row | null>>> = {
  async volume(db, id) {
    const row = await db.volume.findFirst({ where: { id, deletedAt: null } });
    if (!row) return null;
    const { status, attachStatus, sizeGib, host } = row;
    return { status, attachStatus, sizeGib, place: host === null ? null : serviceHostOf(host) };
  },
  async snapshot(db, id) {
    const row = await db.snapshot.findFirst({ where: { id, deletedAt: null } });
    if (!row) return null;
    const volume = await db.volume.findUnique({ where: { id: row.volumeId } });
    const place = volume?.host ? serviceHostOf(volume.host) : null;
    return { status: row.status, attachStatus: null, sizeGib: row.sizeGib, place };
  },
  async backup(db, id) {
    const row = await db.backup.findFirst({ where: { id, deletedAt: null } });
    return row && { status: row.status, attachStatus: null, sizeGib: row.sizeGib, place: row.host };
  },
};

/** Null when there is no such live row. */
export async function readStateFacts(
  db: Transaction,
  { resource, id }: { readonly resource: CheckedResource; readonly id: string },
  serviceDownTimeS: number,
): Promise<StateFacts | null> {
  const row = await readers[resource](db, id);
  if (!row) return null;
  const [attachments, underWay, cutOff] = [
    resource === 'volume' ? await attachmentsOf(db, id, serviceDownTimeS) : [],
    await underWayOn(db, id),
    await cutOffOn(db, id),
  ];
  return { resource, id, ...row, attachments, underWay, cutOff };
}

function attachmentsOf(db: Transaction, volumeId: string, serviceDownTimeS: number): Promise<AttachmentState[]> {
  return db.$queryRaw`
    SELECT a.id::text, a.instance_id AS "instanceId", a.attached_host AS host, a.attach_status AS status,
      CASE WHEN EXISTS (SELECT 1 FROM servers AS i WHERE i.id::text = a.instance_id) THEN 'there'
        WHEN a.instance_id IS NOT NULL AND EXISTS (
          SELECT 1 FROM services AS s WHERE s.binary = 'nova-compute' AND s.host = a.attached_host
            AND s.reported_at >= now() - ${serviceDownTimeS}::int * interval '1 s') THEN 'gone'
        ELSE 'unknown' END AS instance
    FROM attachments AS a WHERE a.volume_id = ${volumeId}::uuid AND a.deleted_at IS NULL ORDER BY a.id`;
}

const about = (id: string) => ({ OR: [{ resourceId: id }, { input: { path: ['volumeId'], equals: id } }] });

async function underWayOn(db: Transaction, id: string) {
  const used = await db.operationResource.findMany({
    where: { resourceId: id, held: true },
    select: { operationId: true },
  });
  const ids = used.map(({ operationId }) => operationId);
  const states = ['accepted', 'running', 'paused'];
  return db.operation.findMany({
    where: { state: { in: states }, OR: [{ id: { in: ids } }, about(id)] },
    select: { id: true, kind: true, state: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

/** The last operation that wrote to it, where it ended badly and late. */
async function cutOffOn(db: Transaction, id: string) {
  const uses = await db.operationResource.findMany({
    where: { resourceId: id, role: 'writes' },
    select: { operationId: true },
  });
  const last = await db.operation.findFirst({
    where: { id: { in: uses.map(({ operationId }) => operationId) }, NOT: { finishedAt: null } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  if (!last || !last.tooLate || last.state === 'succeeded' || !destructive.includes(last.kind)) return null;
  // A restore overwrites its volume; the backup that it reads is as whole as before.
  if (last.kind === 'backupRestore' && last.resourceId === id) return null;
  return { id: last.id, kind: last.kind, state: last.state };
}
