// A write that runs into the fence fails for good: no retry brings an overtaken claim back.
import { ApplicationFailure } from '@temporalio/common';
import { StaleClaimError } from '../prisma/store/operations/fence.ts';

/** Runs a store write and turns a stale claim into a non-retryable failure of type StaleEpoch. */
export async function fenced<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof StaleClaimError)) throw error;
    throw ApplicationFailure.create({ type: 'StaleEpoch', message: error.message, nonRetryable: true });
  }
}
