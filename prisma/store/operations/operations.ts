// Reading operations, and the few writes that no workflow makes.
import { finishedStates, ruleOf } from '../../../domain/operations.ts';
import type { Operation, Prisma, PrismaClient } from '../../generated/client.ts';
import type { AcceptRequest } from './accept-types.ts';
import { endOperation } from './end.ts';
import { lockResource } from '../database/resource-status.ts';

/** The operation that a repeated request found on its way: it is to be joined. */
export class TwinFoundError extends Error {
  readonly twin: Operation;

  constructor(twin: Operation) {
    super(`operation ${twin.id} does the same already`);
    this.name = 'TwinFoundError';
    this.twin = twin;
  }
}

/** The request, refused with TwinFoundError where its twin was accepted before; the resource's lock orders the two. */
export function unlessTwin(request: AcceptRequest): AcceptRequest {
  return {
    ...request,
    within: async (tx) => {
      await lockResource(tx, ruleOf(request.kind).resource, request.resourceId);
      const twin = await findTwin(tx, request);
      if (twin) throw new TwinFoundError(twin);
      await request.within?.(tx);
    },
  };
}

/** An unfinished operation that was asked for with the very same words: a repeated synchronous call joins it. */
async function findTwin(db: Prisma.TransactionClient, request: AcceptRequest): Promise<Operation | null> {
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
    result: null,
  });
}
