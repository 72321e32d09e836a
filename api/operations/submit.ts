// Asking for an operation as the request's own caller: every route that changes storage goes through here.
import { StatusConflictError, type AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import type { RequestContext } from '../http/context.ts';

type Caller = 'operationId' | 'userId' | 'requestId';
type Defaulted = 'projectId' | 'reads' | 'quota';

/** What one request asks for; the project is the caller's, nothing is read and no quota is used, unless it says so. */
export type Submission = Omit<AcceptRequest, Caller | Defaulted> & Partial<Pick<AcceptRequest, Defaulted>>;

/** A resource that exists, in a status from which the operation may not begin. */
export interface Conflict {
  readonly resource: StatusConflictError['resource'];
  readonly status: string;
}

/**
 * Accepts the operation and starts its workflow. Throws QuotaExceededError; StatusConflictError for a resource that is
 * gone; what `refusal` makes of one whose status does not allow it, or StatusConflictError without that.
 */
export async function submitOperation(
  context: RequestContext,
  submission: Submission,
  refusal?: (conflict: Conflict) => Error,
): Promise<void> {
  const { operationId, projectId, userId, requestId } = context;
  try {
    await context.operations.submit({ operationId, projectId, userId, requestId, reads: [], quota: [], ...submission });
  } catch (error) {
    if (!refusal || !(error instanceof StatusConflictError) || error.status === null) throw error;
    throw refusal({ resource: error.resource, status: error.status });
  }
}
