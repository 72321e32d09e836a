// Control steps that begin, pause and end an operation.
import { claimOperation, type ClaimRequest, type ClaimVerdict } from '../prisma/store/operations/claim.ts';
import {
  endOperation,
  pauseOperation,
  type EndRequest,
  type EndVerdict,
  type PauseRequest,
} from '../prisma/store/operations/end.ts';
import { adoptPaused, type AdoptionVerdict } from '../prisma/store/operations/adoption.ts';
import { passPointOfNoReturn, type ClaimPair } from '../prisma/store/operations/fence.ts';
import { readHostStatus, type HostStatus } from '../prisma/store/services/host-status.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import { fenced } from './fenced.ts';

/** How patient a workflow is; given by configuration and recorded with the claim, so that a replay agrees. */
export interface StepPolicy {
  /** Tries of a host step before the operator is asked. */
  readonly maximumAttempts: number;
  readonly initialIntervalMs: number;
  /** How long a host's worker may be silent within a step before another attempt starts. */
  readonly heartbeatTimeoutMs: number;
  /** How long a create waits for a worker before it asks whether the host is down. */
  readonly hostPatienceMs: number;
}

export type ClaimAnswer = ClaimVerdict & { readonly policy: StepPolicy };

export interface OperationActivities {
  claimOperation(request: ClaimRequest): Promise<ClaimAnswer>;
  /** Takes over a paused operation whose workflow is gone, to wait for orders. */
  adoptPaused(request: { readonly operationId: string; readonly runId: string }): Promise<AdoptionVerdict>;
  /** Written before the step after which the old state is gone. */
  passPointOfNoReturn(claim: ClaimPair): Promise<void>;
  pauseOperation(request: PauseRequest): Promise<EndVerdict>;
  endOperation(request: EndRequest): Promise<EndVerdict>;
  hostStatus(binary: string, host: string): Promise<HostStatus>;
}

export interface OperationSettings {
  readonly policy: StepPolicy;
  readonly serviceDownTimeS: number;
}

/** The control worker's operation steps on a database. */
export function createOperationActivities(db: PrismaClient, settings: OperationSettings): OperationActivities {
  return {
    async claimOperation(request) {
      return { ...(await claimOperation(db, request)), policy: settings.policy };
    },
    adoptPaused: (request) => adoptPaused(db, request),
    passPointOfNoReturn: (claim) => fenced(() => passPointOfNoReturn(db, claim)),
    pauseOperation: (request) => pauseOperation(db, request),
    endOperation: (request) => endOperation(db, request),
    hostStatus: (binary, host) => readHostStatus(db, binary, host, settings.serviceDownTimeS),
  };
}
