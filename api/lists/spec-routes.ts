// The specs of a type (volume types' extra_specs, group types' group_specs): list, show, add, change, remove.
import { z } from 'zod';
import { mergeEntries, removeEntry, type Entries, type EntriesOf } from '../../prisma/store/database/json-entries.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { dictionary, extraSpecKeyPattern, text } from '../http/fields.ts';
import type { Microversion } from '../http/microversion.ts';
import type { Policy } from '../http/policy.ts';
import { pyRepr } from '../http/python.ts';
import { route, type Route } from '../http/route.ts';

export interface SpecRules {
  /** `/types/:type_id/extra_specs` */
  readonly path: string;
  /** The key of lists and of what is added. */
  readonly name: 'extra_specs' | 'group_specs';
  readonly since?: Microversion;
  readonly policies: Readonly<Record<'list' | 'show' | 'create' | 'update' | 'delete', Policy>>;
  /** Answer to adding. */
  readonly createdStatus: 200 | 202;
  readonly deleted: Answer;
  readonly entries: EntriesOf;
  /** As the caller may see them; throws the fault for a type that is not there. */
  readonly read: (context: RequestContext) => Promise<Entries>;
  /** Locks the type for a change and answers it; throws what forbids the change. */
  readonly lock: (
    tx: Transaction,
    context: RequestContext,
  ) => Promise<{ readonly id: string; readonly specs: Entries }>;
  /** Throws what forbids these specs beside those that there are. */
  readonly check?: (before: Entries, change: Entries) => void;
  readonly notFound: (context: RequestContext, key: string, asked: 'show' | 'delete') => ApiError;
}

const specs = () => dictionary(extraSpecKeyPattern, text({ max: 255 }).nullable());

/** Exactly one spec. */
const oneSpec = specs().check((context) => {
  const count = Object.keys(context.value).length;
  if (count === 1) return;
  const detail = `${pyRepr(context.value)} ${count === 0 ? 'should be non-empty' : 'has too many properties'}`;
  const params = { fault: new ApiError('ValidationError', { detail }) };
  context.issues.push({ code: 'custom', message: detail, params, input: context.value });
});

const keyOf = ({ params }: RequestContext): string => params['key'] ?? '';

/** The five routes of one kind of specs. */
export function specRoutes(rules: SpecRules): Route[] {
  const since = rules.since === undefined ? {} : { since: rules.since };
  return [...readingRoutes(rules), ...changingRoutes(rules)].map((one) => ({ ...one, ...since }));
}

function readingRoutes({ path, name, policies, read, notFound }: SpecRules): Route[] {
  return [
    route({
      method: 'GET',
      path,
      policy: policies.list,
      handler: async (context) => ({ body: { [name]: await read(context) } }),
    }),
    route({
      method: 'GET',
      path: `${path}/:key`,
      policy: policies.show,
      handler: async (context) => {
        const found = await read(context);
        const key = keyOf(context);
        if (!Object.hasOwn(found, key)) throw notFound(context, key, 'show');
        return { body: { [key]: found[key] } };
      },
    }),
  ];
}

function changingRoutes(rules: SpecRules): Route[] {
  const { path, name, policies, entries, lock, check, notFound } = rules;
  const merge = (context: RequestContext, wanted: Entries, answer: Answer) =>
    context.inTransaction(async (tx) => {
      const { id, specs: before } = await lock(tx, context);
      check?.(before, wanted);
      await mergeEntries(tx, entries, id, wanted);
      return answer;
    });
  return [
    route({
      method: 'POST',
      path,
      policy: policies.create,
      schema: z.strictObject({ [name]: specs() }),
      handler: (context, body) => merge(context, body[name] as Entries, { status: rules.createdStatus, body }),
    }),
    route({
      method: 'PUT',
      path: `${path}/:key`,
      policy: policies.update,
      schema: oneSpec,
      handler: (context, body) => {
        if (!Object.hasOwn(body, keyOf(context))) {
          throw new ApiError('BadRequest', { detail: 'Request body and URI mismatch' });
        }
        return merge(context, body, { body });
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:key`,
      policy: policies.delete,
      handler: (context) =>
        context.inTransaction(async (tx) => {
          const { id } = await lock(tx, context);
          if (!(await removeEntry(tx, entries, id, keyOf(context)))) throw notFound(context, keyOf(context), 'delete');
          return rules.deleted;
        }),
    }),
  ];
}
