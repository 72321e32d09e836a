// /qos-specs: limits for volumes, and the volume types that they are associated with.
import { mergeEntries, removeEntry, type Entries } from '../../prisma/store/database/json-entries.ts';
import {
  createQosSpecs,
  deleteQosSpecs,
  disassociateTypes,
  listAssociatedTypes,
  listQosSpecs,
  lockQosSpecs,
  QosNameTakenError,
  setQosConsumer,
  type QosSpecs,
} from '../../prisma/store/types/qos-specs.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { resourceLinks } from '../http/links.ts';
import { flagParam } from '../http/query.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { associationRoutes } from './association-routes.ts';
import { idOf, mustFindQos, qosNotFound } from './lookup.ts';
import { qosPolicy } from './policy.ts';
import { createQosSchema, deleteQosKeysSchema, setQosKeysSchema } from './schema.ts';
import { consumerOf, specsOf } from './values.ts';

const columns = {
  id: { column: 'id' },
  name: { column: 'name' },
  created_at: { column: 'createdAt' },
  updated_at: { column: 'updatedAt' },
} as const;
const filters: FilterRules = { filters: columns, forEveryone: [], open: true };

function qosView({ id, name, consumer, specs }: QosSpecs) {
  return { id, name, consumer, specs: specs as Entries };
}

const detailed = (context: RequestContext, row: QosSpecs): Answer => ({
  body: { qos_specs: qosView(row), links: resourceLinks(context, 'qos-specs', row.id) },
});

function create(context: RequestContext, asked: Readonly<Record<string, unknown>>): Promise<Answer> {
  const { name: text, consumer, ...rest } = asked;
  const name = String(text).trim();
  const wish = { id: context.newId('qos'), name, consumer: consumerOf(consumer) ?? 'back-end', specs: specsOf(rest) };
  return context.inTransaction(async (tx) => {
    const row = await createQosSpecs(tx, wish).catch((error: unknown) => {
      throw error instanceof QosNameTakenError ? new ApiError('QoSSpecsExists', { specs_id: name }) : error;
    });
    return detailed(context, row);
  });
}

function setKeys(context: RequestContext, asked: Entries): Promise<Answer> {
  const { consumer, ...rest } = asked;
  const wanted = consumerOf(consumer);
  return context.inTransaction(async (tx) => {
    const row = await lockQosSpecs(tx, idOf(context));
    if (!row) throw qosNotFound(idOf(context));
    if (wanted) await setQosConsumer(tx, row.id, wanted);
    await mergeEntries(tx, 'qosSpecs', row.id, rest);
    return { body: { qos_specs: asked } };
  });
}

/** All of the keys, or none: one that is not there leaves the others, where Cinder has removed those before it. */
function deleteKeys(context: RequestContext, keys: readonly string[]): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const row = await lockQosSpecs(tx, idOf(context));
    if (!row) throw qosNotFound(idOf(context));
    for (const key of keys) {
      if (!(await removeEntry(tx, 'qosSpecs', row.id, key))) {
        throw new ApiError('QoSSpecsKeyNotFound', { specs_id: row.id, specs_key: key });
      }
    }
    return emptyAccepted;
  });
}

function remove(context: RequestContext): Promise<Answer> {
  const force = flagParam(context.query, 'force');
  return context.inTransaction(async (tx) => {
    const row = await lockQosSpecs(tx, idOf(context));
    if (!row) throw qosNotFound(idOf(context));
    const inUse = (await listAssociatedTypes(tx, row.id)).length > 0;
    if (inUse && !force) throw new ApiError('BadRequest', { detail: 'Qos specs still in use.' });
    await disassociateTypes(tx, row.id);
    await deleteQosSpecs(tx, row.id);
    return emptyAccepted;
  });
}

export const qosRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/qos-specs',
    policy: qosPolicy.list,
    handler: (context) =>
      answerList(context, {
        collection: 'qos_specs',
        path: 'qos-specs',
        shared: true,
        filters,
        sortColumns: columns,
        read: (_projectId, page) => listQosSpecs(context.db, page),
        view: (rows) => rows.map(qosView),
        noSuchMarker: qosNotFound,
      }),
  }),
  route({
    method: 'GET',
    path: '/qos-specs/:id',
    policy: qosPolicy.show,
    handler: async (context) => detailed(context, await mustFindQos(context)),
  }),
  route({
    method: 'POST',
    path: '/qos-specs',
    policy: qosPolicy.create,
    schema: createQosSchema,
    handler: (context, body) => create(context, body.qos_specs),
  }),
  route({
    method: 'PUT',
    path: '/qos-specs/:id',
    policy: qosPolicy.update,
    schema: setQosKeysSchema,
    handler: (context, body) => setKeys(context, body.qos_specs),
  }),
  route({
    method: 'PUT',
    path: '/qos-specs/:id/delete_keys',
    policy: qosPolicy.delete,
    schema: deleteQosKeysSchema,
    handler: (context, { keys }) => deleteKeys(context, keys),
  }),
  route({ method: 'DELETE', path: '/qos-specs/:id', policy: qosPolicy.delete, handler: remove }),
  ...associationRoutes,
];
