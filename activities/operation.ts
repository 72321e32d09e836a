// Control steps that begin, pause and end an operation.
import { StorageError } from '../domain/storage-errors.ts';
import {
  claimOperation,
  type ClaimRequest,
  type ClaimVerdict,
  type GrantedClaim,
} from '../prisma/store/operations/claim.ts';
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
import { backendPaused, isBackendPaused } from './backends.ts';
import { fenced } from './fenced.ts';
import type { PlacementActivities } from './placement.ts';

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
  /**
   * Written before the step after which the old state is gone; not while one of `hosts` (host@backend) is paused.
   * Throws BackendPaused.
   */
  passPointOfNoReturn(claim: ClaimPair, hosts?: readonly string[]): Promise<void>;
  pauseOperation(request: PauseRequest): Promise<EndVerdict>;
  endOperation(request: EndRequest): Promise<EndVerdict>;
  hostStatus(binary: string, host: string): Promise<HostStatus>;
}

export interface OperationSettings {
  readonly policy: StepPolicy;
  readonly serviceDownTimeS: number;
  /** The scheduler's step. */
  readonly scheduleCreateVolume: PlacementActivities['scheduleCreateVolume'];
}

/** The control worker's operation steps on a database. */
export function createOperationActivities(db: PrismaClient, settings: OperationSettings): OperationActivities {
  return {
    async claimOperation(request) {
      const verdict = await claimOperation(db, request);
      const isFirst = verdict.verdict === 'granted' && request.cause === 'claimed';
      const answer = isFirst ? await placed(settings, request.operationId, verdict) : verdict;
      return { ...answer, policy: settings.policy };
    },
    adoptPaused: (request) => adoptPaused(db, request),
    async passPointOfNoReturn(claim, hosts = []) {
      const paused = await fenced(() => passPointOfNoReturn(db, claim, hosts));
      const [first] = paused;
      if (first !== undefined) throw backendPaused(`back-end ${first} is paused`, { hosts: [first], untouched: true });
    },
    pauseOperation: (request) => pauseOperation(db, request),
    endOperation: (request) => endOperation(db, request),
    hostStatus: (binary, host) => readHostStatus(db, binary, host, settings.serviceDownTimeS),
  };
}

/**
 * A create's first claim chooses the pool as well: every local activity costs its workflow an activation. Where there is no
 * room, the volume is claimed without a host, and the workflow's own scheduling step finds out and says why.
 */
async function placed(
  { scheduleCreateVolume }: OperationSettings,
  operationId: string,
  granted: GrantedClaim,
): Promise<GrantedClaim> {
  if (granted.kind !== 'volumeCreate') return granted;
  const { facts, epoch } = granted;
  const { volumeId } = granted.input as { volumeId: string };
  const volume = facts.volumes[volumeId];
  if (!volume || volume.host !== null) return granted;
  try {
    const host = await scheduleCreateVolume({ claim: { operationId, epoch }, volumeId, excludedPools: [] });
    return { ...granted, facts: { ...facts, volumes: { ...facts.volumes, [volumeId]: { ...volume, host } } } };
  } catch (error) {
    if (error instanceof StorageError || isBackendPaused(error)) return granted;
    throw error;
  }
}
