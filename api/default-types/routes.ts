// /default-types (3.62): the type that a project's volumes get when none is asked for.
import {
  findDefaultType,
  listDefaultTypes,
  setDefaultType,
  unsetDefaultType,
} from '../../prisma/store/types/default-types.ts';
import type { DefaultVolumeType } from '../../prisma/store/types/default-types.ts';
import { findTypeByNameOrId } from '../../prisma/store/types/types.ts';
import { isUuid } from '../../domain/ids.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy, PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { mustLockType } from '../types/lookup.ts';
import { setDefaultTypeSchema } from './schema.ts';
import { microversions } from '../http/microversion-table.ts';

const policy = {
  set: 'volume_extension:default_set_or_update',
  show: 'volume_extension:default_get',
  list: 'volume_extension:default_get_all',
  unset: 'volume_extension:default_unset',
} as const satisfies PolicyTable;

/** Of the routes: whom Cinder's policies refuse hears something else here than elsewhere. */
const anyone: Policy = 'default_types';
const since = microversions.defaultTypes;
const path = '/default-types/:project_id';
const projectOf = ({ params }: RequestContext): string => params['project_id'] ?? '';

function mayI(context: RequestContext, what: Policy, projectId?: string): void {
  if (context.can(what, projectId)) return;
  throw new ApiError('Forbidden', { detail: 'You are not authorized to perform this operation.' });
}

const view = ({ projectId, volumeTypeId }: DefaultVolumeType) => ({
  project_id: projectId,
  volume_type_id: volumeTypeId,
});

/** By id or name; here a type that is not there is a bad request. */
async function typeIdOf(context: RequestContext, text: string): Promise<string> {
  const type = await findTypeByNameOrId(context.db, context, text);
  if (type) return type.id;
  const detail = isUuid(text)
    ? `Volume type ${text} could not be found.`
    : `Volume type with name ${text} could not be found.`;
  throw new ApiError('BadRequest', { detail });
}

export const defaultTypeRoutes = [
  route({
    method: 'PUT',
    path,
    since,
    policy: anyone,
    schema: setDefaultTypeSchema,
    handler: async (context, { default_type: asked }) => {
      mayI(context, policy.set, projectOf(context));
      const typeId = await typeIdOf(context, asked.volume_type);
      return context.inTransaction(async (tx) => {
        await mustLockType(tx, context, typeId);
        return { body: { default_type: view(await setDefaultType(tx, projectOf(context), typeId)) } };
      });
    },
  }),
  route({
    method: 'GET',
    path,
    since,
    policy: anyone,
    handler: async (context) => {
      mayI(context, policy.show, projectOf(context));
      const found = await findDefaultType(context.db, projectOf(context));
      if (!found) throw new ApiError('VolumeTypeProjectDefaultNotFound', { project_id: projectOf(context) });
      return { body: { default_type: view(found) } };
    },
  }),
  route({
    method: 'GET',
    path: '/default-types',
    since,
    policy: anyone,
    handler: async (context) => {
      mayI(context, policy.list);
      return { body: { default_types: (await listDefaultTypes(context.db)).map(view) } };
    },
  }),
  route({
    method: 'DELETE',
    path,
    since,
    policy: anyone,
    handler: (context) => {
      mayI(context, policy.unset, projectOf(context));
      return context.inTransaction(async (tx) => {
        await unsetDefaultType(tx, projectOf(context));
        return { status: 204 };
      });
    },
  }),
];
