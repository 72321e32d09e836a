// What a route hands over to have an operation accepted, and the ways in which that is refused.
import type { OperationKind, ResourceType } from '../../../domain/operations.ts';
import type { Operation, Prisma } from '../../generated/client.ts';

export interface ResourceUse {
  readonly resource: ResourceType;
  readonly id: string;
}

/** One quota counter to change: `volumes` +1, `gigabytes` +10, `volumes_lvm` +1, … */
export interface QuotaChange {
  readonly resource: string;
  readonly delta: number;
}

export interface AcceptRequest {
  readonly kind: OperationKind;
  readonly operationId: string;
  /** Id of the rule's primary resource (names the workflow). */
  readonly resourceId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly requestId: string;
  /** Everything the workflow's steps need and the rows do not hold; plain JSON, no secrets. */
  readonly input: Prisma.InputJsonObject;
  /** Resources to claim; each must have a rule in the operation's row of the status table. */
  readonly claims: readonly ResourceUse[];
  /** Resources that must stay while the operation runs: a clone's source, a restore's backup. */
  readonly reads: readonly ResourceUse[];
  readonly quota: readonly QuotaChange[];
  /** Further checks and inserts inside the same transaction, run after quota and before the claims. */
  readonly within?: (tx: Prisma.TransactionClient) => Promise<void>;
}

/** What starting an operation's workflow needs of its row; plain JSON in `input`. */
export type StartableOperation = Pick<Operation, 'id' | 'kind' | 'resourceId' | 'projectId' | 'requestId'> & {
  readonly input: unknown;
};

/** The resource is not in a status from which this operation may claim it (or it is gone: status null). */
export class StatusConflictError extends Error {
  readonly resource: ResourceType;
  readonly id: string;
  readonly status: string | null;

  constructor(resource: ResourceType, id: string, status: string | null) {
    super(`${resource} ${id} is ${status ?? 'gone'}`);
    this.name = 'StatusConflictError';
    this.resource = resource;
    this.id = id;
    this.status = status;
  }
}

/** A quota would be exceeded; figures as Cinder's messages need them. */
export class QuotaExceededError extends Error {
  readonly resource: string;
  readonly requested: number;
  readonly inUse: number;
  readonly limit: number;

  constructor(resource: string, requested: number, inUse: number, limit: number) {
    super(`quota ${resource}: ${inUse} + ${requested} > ${limit}`);
    this.name = 'QuotaExceededError';
    this.resource = resource;
    this.requested = requested;
    this.inUse = inUse;
    this.limit = limit;
  }
}
