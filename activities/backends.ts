// The control step of waiting for a paused back-end, and how a step is refused because of one.
import { ApplicationFailure } from '@temporalio/common';
import type { PausedDetails } from '../domain/backend-pause.ts';
import type { StorageErrorCode } from '../domain/storage-errors.ts';
import { lookAtBackends, type WaitRequest, type WaitVerdict } from '../prisma/store/backends/waiting.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';

export interface BackendActivities {
  /** How it stands with back-ends that a step was refused for; writes on the operation's row that it waits. */
  lookAtBackends(request: WaitRequest): Promise<WaitVerdict>;
}

/** The control worker's step on a database. */
export function createBackendActivities(db: PrismaClient): BackendActivities {
  return { lookAtBackends: (request) => lookAtBackends(db, request, Math.random) };
}

const code: StorageErrorCode = 'BackendPaused';

export const isBackendPaused = (error: unknown): boolean => error instanceof ApplicationFailure && error.type === code;

/** What a step fails with that must not touch a back-end now; its workflow waits and asks again. */
export function backendPaused(message: string, details: PausedDetails): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [details] });
}
