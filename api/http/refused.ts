// What somebody hears whom a policy refuses: that it is refused, or, as in Cinder, that there is nothing of that name.
import { readOnly } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from './context.ts';
import { ApiError } from './errors.ts';
import type { Route } from './route.ts';

/**
 * Cinder looks for what a request names before it asks its policy: another project's volume is not found, whatever the
 * caller's role. So the handler runs as far as that: it may read, but PostgreSQL, operations and orders refuse changes.
 * Answers the fault to send.
 */
export async function faultOfRefused(
  context: RequestContext,
  { method, path, handler }: Route,
  body: unknown,
  refusal: ApiError,
): Promise<ApiError> {
  if (method === 'GET' && !path.includes(':')) return refusal;
  const refuse = (): Promise<never> => Promise.reject(refusal);
  const operations = { submit: refuse, submitAndWait: refuse, start: refuse };
  const orders = { give: refuse };
  try {
    await readOnly(context.db, async (db) =>
      handler({ ...context, db, operations, orders, inTransaction: refuse }, body as never),
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return error;
  }
  return refusal;
}
