// /snapshots/:snapshot_id/metadata.
import {
  mergeSnapshotMetadata,
  removeSnapshotMetadata,
  replaceSnapshotMetadata,
  type SnapshotRow,
} from '../../prisma/store/snapshots.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { emptyOk } from '../lists/empty-answer.ts';
import { metadataSchema, metaSchema } from '../volumes/schema.ts';
import { mustFindSnapshot } from './lookup.ts';
import { snapshotPolicy } from './policy.ts';

const path = '/snapshots/:snapshot_id/metadata';
const itemPath = `${path}/:key`;

const keyOf = ({ params }: RequestContext): string => params['key'] ?? '';
const find = (context: RequestContext, policy: Policy): Promise<SnapshotRow> =>
  mustFindSnapshot(context, context.params['snapshot_id'] ?? '', policy);
const metadataOf = (row: SnapshotRow) => JSON.parse(row.metadataJson) as Record<string, string>;

const notFound = ({ id }: SnapshotRow, key: string): ApiError =>
  new ApiError('SnapshotMetadataNotFound', { snapshot_id: id, metadata_key: key });

export const snapshotMetadataRoutes = [
  route({
    method: 'GET',
    path,
    policy: snapshotPolicy.getMetadata,
    handler: async (context) => ({ body: { metadata: metadataOf(await find(context, snapshotPolicy.getMetadata)) } }),
  }),
  route({
    method: 'POST',
    path,
    policy: snapshotPolicy.updateMetadata,
    schema: metadataSchema,
    handler: async (context, { metadata }) => {
      const { id } = await find(context, snapshotPolicy.updateMetadata);
      return context.inTransaction(async (tx) => ({
        body: { metadata: await mergeSnapshotMetadata(tx, id, metadata) },
      }));
    },
  }),
  route({
    method: 'PUT',
    path,
    policy: snapshotPolicy.updateMetadata,
    schema: metadataSchema,
    handler: async (context, { metadata }) => {
      const { id } = await find(context, snapshotPolicy.updateMetadata);
      return context.inTransaction(async (tx) => {
        await replaceSnapshotMetadata(tx, id, metadata);
        return { body: { metadata } };
      });
    },
  }),
  route({
    method: 'GET',
    path: itemPath,
    policy: snapshotPolicy.getMetadata,
    handler: async (context) => {
      const row = await find(context, snapshotPolicy.getMetadata);
      const key = keyOf(context);
      const metadata = metadataOf(row);
      if (!Object.hasOwn(metadata, key)) throw notFound(row, key);
      return { body: { meta: { [key]: metadata[key] } } };
    },
  }),
  route({
    method: 'PUT',
    path: itemPath,
    policy: snapshotPolicy.updateMetadata,
    schema: metaSchema,
    handler: async (context, { meta }) => {
      if (!Object.hasOwn(meta, keyOf(context))) {
        throw new ApiError('BadRequest', { detail: 'Request body and URI mismatch' });
      }
      const { id } = await find(context, snapshotPolicy.updateMetadata);
      return context.inTransaction(async (tx) => {
        await mergeSnapshotMetadata(tx, id, meta);
        return { body: { meta } };
      });
    },
  }),
  route({
    method: 'DELETE',
    path: itemPath,
    policy: snapshotPolicy.deleteMetadata,
    handler: async (context) => {
      const row = await find(context, snapshotPolicy.deleteMetadata);
      const key = keyOf(context);
      return context.inTransaction(async (tx) => {
        if (!(await removeSnapshotMetadata(tx, row.id, key))) throw notFound(row, key);
        return emptyOk;
      });
    },
  }),
];
