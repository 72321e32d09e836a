// The first answer to a request with an Idempotency-Key, given again to every repeat of it for 24 hours.
//
// What if the process dies?
// - Before the key's row exists: nothing has happened, the repeat is a first request.
// - After the row, before the work commits: the row has no answer. A repeat gets 409 until the row is older than any
//   request can be, then takes it over and does the work, with the same ids (they derive from the row's seed).
// - After the work commits, before the answer is stored: work without an operation stores its answer in the same
//   transaction (context.inTransaction), so this cannot be. An operation's row carries the id derived from the seed:
//   the repeat finds it committed and answers for it instead of asking for a second one; should the handler run once
//   more after all, `submit` finds the same row and inserts nothing.
// - A process that was only slow answers in the end as well: the answer stored first stays, and its operation had the
//   same id, so it was accepted once.
// - A 5xx is not stored: the key is given back with its seed, and the next repeat tries again at once.
// Stored bodies are sealed: some hold a target's CHAP password.
import { createHash } from 'node:crypto';
import { finishedStates, ruleOf, type OperationKind } from '../../domain/operations.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import type { Database } from '../../prisma/store/database/client.ts';
import {
  findOperation,
  releaseKey,
  storeAnswer,
  takeKey,
  type KeyScope,
  type KeyTimes,
  type Operation,
  type StoredAnswer,
} from '../../prisma/store/operations/idempotency.ts';
import { seal, unseal } from '../../prisma/store/database/sealed.ts';
import { OperationFailedError, type OperationStarter } from '../operations/starter.ts';
import type { ApiDeps } from './config.ts';
import type { Answer } from './context.ts';
import { ApiError } from './errors.ts';

const keyPattern = /^[\x21-\x7e]{1,255}$/;
const keepS = 24 * 3600;
/** Longer than the longest request: a synchronous call waits this much less. */
const marginS = 60;

export interface KeyedRequest {
  readonly scope: KeyScope;
  readonly bodySha256: string;
  readonly times: KeyTimes;
}

/** The request's key with its scope, or null when it has none. Throws BadRequest for an unusable key. */
export function keyedRequest(
  key: string | undefined,
  request: { readonly projectId: string; readonly method: string; readonly path: string; readonly body: Buffer },
  rpcResponseTimeoutMs: number,
): KeyedRequest | null {
  if (key === undefined) return null;
  if (!keyPattern.test(key)) {
    throw new ApiError('BadRequest', { detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters' });
  }
  const { projectId, method, path, body } = request;
  return {
    scope: { projectId, method, path, key },
    bodySha256: createHash('sha256').update(body).digest('hex'),
    times: { keepS, takeOverAfterS: rpcResponseTimeoutMs / 1000 + marginS },
  };
}

export interface AnsweredOnce {
  readonly answer: Answer;
  readonly replayed: boolean;
}

/**
 * Answers from the store, or runs `work` with the key's seed and stores what it answers (faults below 500 included).
 * Throws IdempotencyKeyReused, IdempotencyKeyInProgress, and what `work` throws.
 */
export async function answerOnce(
  { db, config }: Pick<ApiDeps, 'db' | 'config'>,
  { scope, bodySha256, times }: KeyedRequest,
  work: (seed: string) => Promise<Answer>,
  faultAnswer: (error: unknown) => Answer,
): Promise<AnsweredOnce> {
  const { secretKey } = config;
  const verdict = await takeKey(db, scope, bodySha256, times);
  if (verdict.state === 'answered') return { answer: openAnswer(secretKey, scope, verdict.answer), replayed: true };
  if (verdict.state === 'other-body') throw new ApiError('IdempotencyKeyReused', { key: scope.key });
  if (verdict.state === 'in-progress') {
    throw new ApiError('IdempotencyKeyInProgress', { key: scope.key }, { 'Retry-After': '1' });
  }
  const answer = await work(verdict.seed).catch(async (error: unknown) => {
    const fault = sealAnswer(secretKey, scope, faultAnswer(error));
    if (fault.status < 500) await storeAnswer(db, scope, fault);
    else await releaseKey(db, scope);
    throw error;
  });
  await storeAnswer(db, scope, sealAnswer(secretKey, scope, answer));
  return { answer, replayed: false };
}

const contextOf = ({ projectId, method, path, key }: KeyScope): string =>
  `idempotency_keys/${JSON.stringify([projectId, method, path, key])}`;

/** An answer as it is kept; without a key for secrets there are no secrets in it. */
export function sealAnswer(
  secretKey: string | null,
  scope: KeyScope,
  { status = 200, body, headers = {} }: Answer,
): StoredAnswer {
  if (secretKey === null || body === undefined || body === null) return { status, body, headers };
  return { status, body: { sealed: seal(secretKey, contextOf(scope), JSON.stringify(body)) }, headers };
}

function openAnswer(secretKey: string | null, scope: KeyScope, answer: StoredAnswer): Answer {
  const { sealed } = (answer.body ?? {}) as { sealed?: unknown };
  if (secretKey === null || typeof sealed !== 'string') return answer;
  return { ...answer, body: JSON.parse(unseal(secretKey, contextOf(scope), sealed)) as unknown };
}

/** A starter for one keyed request: an operation that it has accepted before is joined, not asked for again. */
export function repeatableStarter(db: Database, operations: OperationStarter): OperationStarter {
  return {
    ...operations,
    async submit(request: AcceptRequest) {
      return (await findOperation(db, request.operationId)) ?? operations.submit(request);
    },
    async submitAndWait(request: AcceptRequest, timeoutMs: number) {
      const earlier = await findOperation(db, request.operationId);
      if (!earlier || !isFinished(earlier)) return operations.submitAndWait(request, timeoutMs);
      if (earlier.state === 'succeeded') return earlier.result;
      throw new OperationFailedError('Internal', earlier.reason ?? 'the operation failed');
    },
  };
}

/** What to answer when the operation of a repeated request exists already; null = run the handler again. */
export async function answerAgain<Context>(
  operation: Operation,
  context: Context,
  again: ((context: Context, operation: Operation) => Promise<Answer>) | undefined,
): Promise<Answer | null> {
  if (again) return again(context, operation);
  return ruleOf(operation.kind as OperationKind).synchronous ? null : { status: 202 };
}

function isFinished({ state }: Operation): boolean {
  return (finishedStates as readonly string[]).includes(state);
}
