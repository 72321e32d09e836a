// A resource's own metadata: list, add, replace, and one entry shown, set and removed.
import {
  mergeEntries,
  removeEntry,
  replaceEntries,
  type Entries,
  type EntriesOf,
} from '../../prisma/store/database/json-entries.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route, type Route } from '../http/route.ts';
import { metadataSchema, metaSchema } from '../volumes/schema.ts';
import { emptyOk, preconditionFailed } from './empty-answer.ts';
import { etagOf, isMatch } from './etag.ts';
import { microversions } from '../http/microversion-table.ts';

type Row = { readonly id: string; readonly metadataJson: string };

export interface MetadataRules {
  /** `/volumes/:volume_id/metadata` */
  readonly path: string;
  readonly entries: EntriesOf;
  /** True where clients may make a change depend on what they have read (3.15). */
  readonly etags?: boolean;
  readonly policies: Readonly<Record<'get' | 'create' | 'update' | 'delete', Policy>>;
  /** The row that the path names; throws its fault, and what its status forbids. */
  readonly find: (context: RequestContext, policy: Policy, change?: Change) => Promise<Row>;
  readonly notFound: (row: Row, key: string) => ApiError;
}

const keyOf = ({ params }: RequestContext): string => params['key'] ?? '';
const metadataOf = ({ metadataJson }: Row): Entries => JSON.parse(metadataJson) as Entries;

/** The six routes of one resource's metadata. */
export function metadataRoutes(rules: MetadataRules): Route[] {
  return [...collectionRoutes(rules), ...itemRoutes(rules)];
}

type Change = 'Updating' | 'Deleting';

/** Looks the row up, and then changes it in one transaction. */
function changing({ find }: MetadataRules) {
  return async (
    context: RequestContext,
    policy: Policy,
    change: Change,
    work: (tx: Transaction, row: Row) => Promise<Answer>,
  ): Promise<Answer> => {
    const row = await find(context, policy, change);
    return context.inTransaction((tx) => work(tx, row));
  };
}

function collectionRoutes(rules: MetadataRules): Route[] {
  const { path, entries, policies, find } = rules;
  const change = changing(rules);
  return [
    route({
      method: 'GET',
      path,
      policy: policies.get,
      handler: async (context) => {
        const metadata = metadataOf(await find(context, policies.get));
        if (!rules.etags || !context.atLeast(microversions.metadataEtags)) return { body: { metadata } };
        return { body: { metadata }, headers: { ETag: etagOf(metadata) } };
      },
    }),
    route({
      method: 'POST',
      path,
      policy: policies.create,
      schema: metadataSchema,
      handler: (context, { metadata }) =>
        change(context, policies.create, 'Updating', async (tx, { id }) => ({
          body: { metadata: await mergeEntries(tx, entries, id, metadata) },
        })),
    }),
    route({
      method: 'PUT',
      path,
      policy: policies.update,
      schema: metadataSchema,
      handler: (context, { metadata }) =>
        change(context, policies.update, 'Updating', async (tx, { id }) => {
          if (rules.etags && !(await isMatch(tx, context, entries, id))) return preconditionFailed;
          await replaceEntries(tx, entries, id, metadata);
          return { body: { metadata } };
        }),
    }),
  ];
}

function itemRoutes(rules: MetadataRules): Route[] {
  const { entries, policies, find, notFound } = rules;
  const path = `${rules.path}/:key`;
  const change = changing(rules);
  return [
    route({
      method: 'GET',
      path,
      policy: policies.get,
      handler: async (context) => {
        const row = await find(context, policies.get);
        const metadata = metadataOf(row);
        const key = keyOf(context);
        if (!Object.hasOwn(metadata, key)) throw notFound(row, key);
        return { body: { meta: { [key]: metadata[key] } } };
      },
    }),
    route({
      method: 'PUT',
      path,
      policy: policies.update,
      schema: metaSchema,
      handler: (context, { meta }) => {
        if (!Object.hasOwn(meta, keyOf(context))) {
          throw new ApiError('BadRequest', { detail: 'Request body and URI mismatch' });
        }
        return change(context, policies.update, 'Updating', async (tx, { id }) => {
          if (rules.etags && !(await isMatch(tx, context, entries, id))) return preconditionFailed;
          await mergeEntries(tx, entries, id, meta);
          return { body: { meta } };
        });
      },
    }),
    route({
      method: 'DELETE',
      path,
      policy: policies.delete,
      handler: (context) =>
        change(context, policies.delete, 'Deleting', async (tx, row) => {
          if (!(await removeEntry(tx, entries, row.id, keyOf(context)))) throw notFound(row, keyOf(context));
          return emptyOk;
        }),
    }),
  ];
}
