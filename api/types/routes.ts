// /types: volume types.
import { findDefaultType, isSomebodysDefault } from '../../prisma/store/types/default-types.ts';
import {
  createType,
  deleteType,
  findTypeByName,
  isTypeInUse,
  lockType,
  TypeNameTakenError,
  updateType,
  type VolumeType,
} from '../../prisma/store/types/types.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { accessRoutes } from './access-routes.ts';
import { encryptionRoutes } from './encryption-routes.ts';
import { extraSpecRoutes } from './extra-specs-routes.ts';
import { listOfTypes } from './list.ts';
import { mustFindType } from './lookup.ts';
import { typePolicy } from './policy.ts';
import { createTypeSchema, updateTypeSchema } from './schema.ts';
import { changedTypeView, typeView, typeViewWithAccess } from './view.ts';

/** The project's default type, or else the configured one. Throws NotFound when it does not exist. */
async function mustFindDefault(context: RequestContext): Promise<VolumeType> {
  const own = await findDefaultType(context.db, context.projectId);
  if (own) return mustFindType(context.db, context, own.volumeTypeId);
  const type = await findTypeByName(context.db, context, context.config.defaultVolumeType);
  if (!type) throw new ApiError('NotFound', { detail: 'Default volume type can not be found.' });
  return type;
}

/** Makes the name's fault out of what the store throws. */
function nameTaken(name: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof TypeNameTakenError ? new ApiError('VolumeTypeExists', { id: name }) : error;
  };
}

export const typeRoutes = [
  route({ method: 'GET', path: '/types', policy: typePolicy.list, handler: listOfTypes }),
  route({
    method: 'GET',
    path: '/types/default',
    policy: typePolicy.show,
    handler: async (context) => ({ body: { volume_type: typeView(await mustFindDefault(context), context) } }),
  }),
  route({
    method: 'GET',
    path: '/types/:id',
    policy: typePolicy.show,
    handler: async (context) => {
      const type = await mustFindType(context.db, context, context.params['id'] ?? '');
      return { body: { volume_type: typeViewWithAccess(type, context) } };
    },
  }),
  route({
    method: 'POST',
    path: '/types',
    policy: typePolicy.create,
    schema: createTypeSchema,
    handler: (context, { volume_type: asked }) =>
      context.inTransaction(async (tx) => {
        const isPublic = asked['os-volume-type-access:is_public'] ?? true;
        const type = await createType(tx, {
          id: context.newId('type'),
          name: asked.name,
          description: asked.description ?? null,
          isPublic,
          extraSpecs: asked.extra_specs ?? {},
        }).catch(nameTaken(asked.name));
        return { body: { volume_type: { ...changedTypeView(type), 'os-volume-type-access:is_public': isPublic } } };
      }),
  }),
  route({
    method: 'PUT',
    path: '/types/:id',
    policy: typePolicy.update,
    schema: updateTypeSchema,
    handler: (context, { volume_type: asked }) =>
      context.inTransaction(async (tx) => {
        const { name, description, is_public: isPublic } = asked;
        if (name && name.trim() === '')
          throw new ApiError('BadRequest', { detail: 'Volume type name can not be empty.' });
        if ((name ?? description ?? isPublic ?? null) === null) {
          throw new ApiError('BadRequest', {
            detail: 'Specify volume type name, description, is_public or a combination thereof.',
          });
        }
        const type = await mustFindType(tx, context, context.params['id'] ?? '');
        await lockType(tx, type.id);
        const change = { name: name ?? undefined, description: description ?? undefined, isPublic };
        const updated = await updateType(tx, type, change).catch(nameTaken(name ?? type.name));
        return { body: { volume_type: changedTypeView(updated) } };
      }),
  }),
  route({
    method: 'DELETE',
    path: '/types/:id',
    policy: typePolicy.delete,
    handler: (context) =>
      context.inTransaction(async (tx) => {
        const { id, name } = await mustFindType(tx, context, context.params['id'] ?? '');
        await lockType(tx, id);
        if (name === context.config.defaultVolumeType || (await isSomebodysDefault(tx, id))) {
          throw new ApiError('VolumeTypeDefaultDeletionError', { volume_type_id: id });
        }
        if (await isTypeInUse(tx, id))
          throw new ApiError('BadRequest', { detail: 'Target volume type is still in use.' });
        await deleteType(tx, id);
        return emptyAccepted;
      }),
  }),
  ...extraSpecRoutes,
  ...accessRoutes,
  ...encryptionRoutes,
];
