// /types/:type_id/encryption: how the volumes of a type are encrypted.
import {
  createEncryption,
  deleteEncryption,
  EncryptionExistsError,
  findEncryption,
  updateEncryption,
  type EncryptionChange,
  type VolumeTypeEncryption,
} from '../../prisma/store/types/encryption.ts';
import { isTypeInUse } from '../../prisma/store/types/types.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { wireTime } from '../http/time.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { mustFindType, mustLockType } from './lookup.ts';
import { typePolicy } from './policy.ts';
import { createEncryptionSchema, updateEncryptionSchema } from './schema.ts';

const path = '/types/:type_id/encryption';
const idOf = ({ params }: RequestContext): string => params['type_id'] ?? '';
const notFound = (id: string): ApiError => new ApiError('VolumeTypeEncryptionNotFound', { type_id: id });

interface Wish {
  readonly key_size?: number | null;
  readonly provider?: string;
  readonly control_location?: string;
  readonly cipher?: string | null;
}

const changeOf = ({ key_size, provider, control_location, cipher }: Wish): EncryptionChange => ({
  provider,
  controlLocation: control_location,
  cipher,
  keySizeBits: key_size,
});

/** The row as Cinder's database has it; a type without encryption shows nothing. */
function encryptionView(row: VolumeTypeEncryption | null): Readonly<Record<string, unknown>> {
  if (!row) return {};
  return {
    encryption_id: row.id,
    cipher: row.cipher,
    key_size: row.keySizeBits,
    provider: row.provider,
    control_location: row.controlLocation,
    volume_type_id: row.volumeTypeId,
    deleted_at: null,
    deleted: false,
    created_at: wireTime(row.createdAt),
    updated_at: wireTime(row.updatedAt),
  };
}

async function show(context: RequestContext): Promise<Readonly<Record<string, unknown>>> {
  const { id } = await mustFindType(context.db, context, idOf(context));
  return encryptionView(await findEncryption(context.db, id));
}

/** Locks the type. A volume of it forbids changes: what it holds is encrypted as the type said when it was made. */
async function lockUnused(tx: Transaction, context: RequestContext, verb: string): Promise<string> {
  const { id } = await mustLockType(tx, context, idOf(context));
  if (!(await isTypeInUse(tx, id))) return id;
  throw new ApiError('BadRequest', { detail: `Cannot ${verb} encryption specs. Volume type in use.` });
}

function create(
  context: RequestContext,
  asked: Wish & { provider: string; control_location: string },
): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const id = context.newId('encryption');
    const volumeTypeId = await lockUnused(tx, context, 'create');
    const { provider, control_location: controlLocation } = asked;
    await createEncryption(tx, { ...changeOf(asked), id, volumeTypeId, provider, controlLocation }).catch(
      (error: unknown) => {
        if (!(error instanceof EncryptionExistsError)) throw error;
        throw new ApiError('VolumeTypeEncryptionExists', { type_id: volumeTypeId });
      },
    );
    return { body: { encryption: { ...asked, volume_type_id: volumeTypeId, encryption_id: id } } };
  });
}

export const encryptionRoutes = [
  route({
    method: 'GET',
    path,
    policy: typePolicy.getEncryption,
    handler: async (context) => ({ body: await show(context) }),
  }),
  route({
    method: 'GET',
    path: `${path}/:key`,
    policy: typePolicy.getEncryption,
    handler: async (context) => {
      const found = await show(context);
      const key = context.params['key'] ?? '';
      if (!Object.hasOwn(found, key)) throw notFound(idOf(context));
      return { body: { [key]: found[key] } };
    },
  }),
  route({
    method: 'POST',
    path,
    policy: typePolicy.createEncryption,
    schema: createEncryptionSchema,
    handler: (context, { encryption }) => create(context, encryption),
  }),
  route({
    method: 'PUT',
    path: `${path}/:id`,
    policy: typePolicy.updateEncryption,
    schema: updateEncryptionSchema,
    handler: (context, { encryption }) =>
      context.inTransaction(async (tx) => {
        const id = await lockUnused(tx, context, 'update');
        if (!(await updateEncryption(tx, id, changeOf(encryption)))) throw notFound(id);
        return { body: { encryption } };
      }),
  }),
  route({
    method: 'DELETE',
    path: `${path}/:id`,
    policy: typePolicy.deleteEncryption,
    handler: (context) =>
      context.inTransaction(async (tx) => {
        const id = await lockUnused(tx, context, 'delete');
        if (!(await deleteEncryption(tx, id))) throw notFound(id);
        return emptyAccepted;
      }),
  }),
];
