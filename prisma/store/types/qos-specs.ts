// QoS specs: named limits, and the volume types that they are associated with.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma, type QosSpecs } from '../../generated/client.ts';
import type { Entries } from '../database/json-entries.ts';
import { columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';
import { isDuplicate, type Transaction } from '../database/transaction.ts';

export type { QosSpecs };

export type QosConsumer = 'front-end' | 'back-end' | 'both';

/** Other live specs have the name. */
export class QosNameTakenError extends Error {}

const source: Source = {
  from: Prisma.sql`qos_specs q`,
  columns: columnsOf({
    id: ['q.id', 'uuid'],
    name: ['q.name', 'text'],
    createdAt: ['q.created_at', 'timestamp'],
    updatedAt: ['q.updated_at', 'timestamp', 'nullable'],
  }),
  always: Prisma.sql`q.deleted_at IS NULL`,
};

/** A page of live specs; null when the marker is none of them. */
export function listQosSpecs(db: Reader, page: PageRequest): Promise<QosSpecs[] | null> {
  return readPage<QosSpecs>(db, source, Prisma.sql`q.id, q.name, q.consumer, q.specs`, page);
}

export function findQosSpecs(db: Transaction, id: string): Promise<QosSpecs | null> {
  return isUuid(id) ? db.qosSpecs.findFirst({ where: { id, deletedAt: null } }) : Promise.resolve(null);
}

/** Locks live specs until the transaction ends; null when they are gone. */
export async function lockQosSpecs(tx: Transaction, id: string): Promise<QosSpecs | null> {
  if (!isUuid(id)) return null;
  await tx.$queryRaw`SELECT 1 FROM qos_specs WHERE id = ${id}::uuid FOR UPDATE`;
  return findQosSpecs(tx, id);
}

export interface NewQosSpecs {
  readonly id: string;
  readonly name: string;
  readonly consumer: QosConsumer;
  readonly specs: Entries;
}

/** Throws QosNameTakenError. */
export function createQosSpecs(tx: Transaction, { specs, ...row }: NewQosSpecs): Promise<QosSpecs> {
  return tx.qosSpecs.create({ data: { ...row, specs: { ...specs } } }).catch((error: unknown) => {
    if (isDuplicate(error)) throw new QosNameTakenError();
    throw error;
  });
}

export async function setQosConsumer(tx: Transaction, id: string, consumer: QosConsumer): Promise<void> {
  await tx.qosSpecs.update({ where: { id }, data: { consumer, updatedAt: new Date() } });
}

export async function deleteQosSpecs(tx: Transaction, id: string): Promise<void> {
  await tx.qosSpecs.update({ where: { id }, data: { deletedAt: new Date() } });
}

/** The live types associated with the specs, oldest first. */
export function listAssociatedTypes(db: Transaction, qosSpecsId: string): Promise<{ id: string; name: string }[]> {
  return db.volumeType.findMany({
    where: { qosSpecsId, deletedAt: null },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, name: true },
  });
}

/** Gives a type specs (null: none). */
export async function associateType(tx: Transaction, typeId: string, qosSpecsId: string | null): Promise<void> {
  await tx.volumeType.update({ where: { id: typeId }, data: { qosSpecsId } });
}

/** Takes the specs away from one type that has them, or from all of them. */
export async function disassociateTypes(tx: Transaction, qosSpecsId: string, typeId?: string): Promise<void> {
  await tx.volumeType.updateMany({
    where: { qosSpecsId, ...(typeId === undefined ? {} : { id: typeId }) },
    data: { qosSpecsId: null },
  });
}

/** What the consumer of a volume's connection has to keep to, or null: the back-end alone does not concern it. */
export async function frontEndSpecs(db: Reader, volumeId: string): Promise<Entries | null> {
  const rows = await db.$queryRaw<{ specs: Entries }[]>`
    SELECT q.specs FROM qos_specs q JOIN volume_types t ON t.qos_specs_id = q.id
      JOIN volumes v ON v.volume_type_id = t.id
    WHERE v.id = ${volumeId}::uuid AND q.deleted_at IS NULL AND q.consumer IN ('front-end', 'both')`;
  return rows[0]?.specs ?? null;
}
