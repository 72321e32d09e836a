// How many requests a project may make: a bucket for each that fills steadily. Each API process counts for itself.
import type { RequestHandler } from 'express';
import { faultBody, ApiError } from './errors.ts';
import { stateOf } from './request-state.ts';
import { sendAnswer } from './send.ts';

export interface RateLimit {
  /** Requests a minute, on the long run; 0 = as many as they like. */
  readonly perMinute: number;
  /** Requests at once, after a pause. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Buckets that nobody has drawn from for so long are full again, and forgotten. */
const sweepEvery = 1_000;

/** Answers 429 with Retry-After for a project that has used its requests up. Comes after authentication. */
export function limitRate(
  { perMinute, burst }: RateLimit,
  now: () => number = () => performance.now(),
): RequestHandler {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;
  const level = (bucket: Bucket, at: number): number => Math.min(burst, bucket.tokens + (at - bucket.filledAt) * perMs);
  let sinceSweep = 0;
  return (_request, response, next) => {
    const { caller } = stateOf(response);
    if (perMinute === 0 || !caller) {
      next();
      return;
    }
    const at = now();
    if ((sinceSweep += 1) >= sweepEvery) {
      sinceSweep = 0;
      for (const [key, bucket] of buckets) if (level(bucket, at) >= burst) buckets.delete(key);
    }
    // Who asks for the whole system has no project: it is counted by its user.
    const key = caller.projectId || `user ${caller.userId}`;
    const tokens = level(buckets.get(key) ?? { tokens: burst, filledAt: at }, at);
    if (tokens >= 1) {
      buckets.set(key, { tokens: tokens - 1, filledAt: at });
      next();
      return;
    }
    const retryAfterS = Math.max(1, Math.ceil((1 - tokens) / perMs / 1000));
    const fault = new ApiError('TooManyRequests', { limit: perMinute }, { 'Retry-After': String(retryAfterS) });
    sendAnswer(response, { status: fault.status, body: faultBody(fault), headers: fault.headers });
  };
}
