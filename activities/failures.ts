// Errors on their way from a step to its workflow: the code survives as the failure's type, and decides about retries.
import { ApplicationFailure } from '@temporalio/common';
import { StorageError } from '../domain/storage-errors.ts';

/** Turns a StorageError into a failure that Temporal retries only when it is likely to pass; others pass through. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: error.kind !== 'passing',
  });
}

/** Wraps every function of an activity set so that its errors leave as failures. */
export function withFailures<Set extends object>(activities: Set): Set {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await (activity as (...all: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Set;
}
