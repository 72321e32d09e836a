// Reading operations, and the few writes that no workflow makes.
import { finishedStates } from '../../domain/operations.ts';
import type { Operation, PrismaClient } from '../generated/client.ts';
import type { AcceptRequest } from './accept-types.ts';
import { endOperation } from './operation-end.ts';

/** An unfinished operation that was asked for with the very same words: a repeated synchronous call joins it. */
export async function findTwin(db: PrismaClient, request: AcceptRequest): Promise<Operation | null> {
  return db.operation.findFirst({
    where: {
      kind: request.kind,
      resourceId: request.resourceId,
      projectId: request.projectId,
      state: { notIn: [...finishedStates] },
      input: { equals: request.input },
    },
  });
}

/** Ends an operation that no run has claimed yet; one that has been claimed goes on. */
export async function abortUnstarted(db: PrismaClient, operationId: string): Promise<void> {
  await endOperation(db, {
    operationId,
    epoch: '0',
    outcome: 'aborted',
    reason: 'the client had stopped waiting before anything was done',
    code: null,
    actor: 'scoria',
    tooLate: false,
    result: null,
  });
}
