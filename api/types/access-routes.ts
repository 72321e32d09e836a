// os-volume-type-access: which projects may use a private type.
import { addTypeAccess, listTypeAccess, removeTypeAccess, type VolumeType } from '../../prisma/store/types/types.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { mustFindType } from './lookup.ts';
import { typePolicy } from './policy.ts';
import { addAccessSchema, removeAccessSchema } from './schema.ts';

/** Public types are everybody's. */
function mustBePrivate({ isPublic }: VolumeType): void {
  if (isPublic) {
    throw new ApiError('InvalidVolumeType', {
      reason: 'Type access modification is not applicable to public volume type.',
    });
  }
}

export const accessRoutes = [
  route({
    method: 'GET',
    path: '/types/:type_id/os-volume-type-access',
    policy: typePolicy.listAccess,
    handler: async (context) => {
      const type = await mustFindType(context.db, context, context.params['type_id'] ?? '');
      if (type.isPublic)
        throw new ApiError('NotFound', { detail: 'Access list not available for public volume types.' });
      const projects = await listTypeAccess(context.db, type.id);
      return {
        body: { volume_type_access: projects.map((projectId) => ({ volume_type_id: type.id, project_id: projectId })) },
      };
    },
  }),
  route({
    method: 'POST',
    path: '/types/:id/action',
    action: 'addProjectAccess',
    policy: typePolicy.addAccess,
    schema: addAccessSchema,
    handler: (context, { addProjectAccess: { project } }) =>
      context.inTransaction(async (tx) => {
        const type = await mustFindType(tx, context, context.params['id'] ?? '');
        mustBePrivate(type);
        if (!(await addTypeAccess(tx, type.id, project))) {
          throw new ApiError('VolumeTypeAccessExists', { volume_type_id: type.id, project_id: project });
        }
        return emptyAccepted;
      }),
  }),
  route({
    method: 'POST',
    path: '/types/:id/action',
    action: 'removeProjectAccess',
    policy: typePolicy.removeAccess,
    schema: removeAccessSchema,
    handler: (context, { removeProjectAccess: { project } }) =>
      context.inTransaction(async (tx) => {
        const type = await mustFindType(tx, context, context.params['id'] ?? '');
        mustBePrivate(type);
        if (!(await removeTypeAccess(tx, type.id, project))) {
          throw new ApiError('VolumeTypeAccessNotFound', { volume_type_id: type.id, project_id: project });
        }
        return emptyAccepted;
      }),
  }),
];
