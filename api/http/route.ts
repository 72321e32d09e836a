// The declarative form of an endpoint; a resource's routes are a list of these.
import type { z } from 'zod';
import type { Operation } from '../../prisma/store/operations/idempotency.ts';
import type { Answer, RequestContext } from './context.ts';
import type { Microversion } from './microversion.ts';
import type { Policy } from './policy.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface RouteOptions<Schema extends z.ZodType> {
  readonly method: Method;
  /** Below `/v3` and the optional project: `/volumes/:id/action`. */
  readonly path: string;
  /** For `…/action`: the one key that the body has to have. */
  readonly action?: string;
  /** The first microversion that has it, and the first that has it no more; others get itemNotFound. */
  readonly since?: Microversion;
  readonly before?: Microversion;
  readonly policy: Policy;
  /** Of the whole body. Left out: the body is not looked at. */
  readonly schema?: Schema;
  readonly handler: (context: RequestContext, body: z.output<Schema>) => Promise<Answer> | Answer;
  /**
   * Answers a repeat (same Idempotency-Key) of a request whose operation was accepted but whose answer was lost;
   * left out: 202 without a body, or, for synchronous kinds, `handler` once more, which then joins the operation.
   */
  readonly again?: (context: RequestContext, operation: Operation) => Promise<Answer>;
}

export type Route = Omit<RouteOptions<z.ZodType>, 'handler'> & {
  readonly handler: (context: RequestContext, body: never) => Promise<Answer> | Answer;
};

/** Makes an endpoint; the handler's `body` has the schema's output type. */
export function route<Schema extends z.ZodType = z.ZodUnknown>(options: RouteOptions<Schema>): Route {
  return options;
}
