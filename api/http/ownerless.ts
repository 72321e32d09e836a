// A token of the whole system has no project that a new volume could belong to.
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import type { OperationStarter } from '../operations/starter.ts';
import { ApiError } from './errors.ts';

/** A starter that takes operations on what some project owns, and refuses those that would make something nobody's. */
export function refuseOwnerless(operations: OperationStarter): OperationStarter {
  const check = ({ projectId }: AcceptRequest): void => {
    if (projectId !== '') return;
    throw new ApiError('BadRequest', { detail: 'This needs a token for a project; this one is for the whole system.' });
  };
  return {
    ...operations,
    async submit(request) {
      check(request);
      return operations.submit(request);
    },
    async submitAndWait(request, timeoutMs) {
      check(request);
      return operations.submitAndWait(request, timeoutMs);
    },
  };
}
