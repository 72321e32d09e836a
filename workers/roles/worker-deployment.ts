// Versions of the control workers: a Temporal Worker Deployment, whose current version gets all workflow tasks.
// https://docs.temporal.io/production-deployment/worker-deployments/worker-versioning
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import type { NativeConnection, WorkerDeploymentOptions } from '@temporalio/worker';
import type { TemporalConfig } from '../config/config.ts';
import { releaseBuildId } from './workflow-bundle.ts';

/** One version: all control workers of one release have the same. */
export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** What this process's control worker is; null = not versioned. */
export async function ownVersion({ deploymentName, buildId }: TemporalConfig): Promise<DeploymentVersion | null> {
  if (deploymentName === null) return null;
  return { deploymentName, buildId: buildId ?? (await releaseBuildId()) };
}

/**
 * Operations may wait for weeks, so they are not pinned: each goes on with the current version, whose code replays what
 * older ones began (`patched()`; recorded histories are replayed by the tests).
 */
export function deploymentOptions(version: DeploymentVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/** What Temporal says of a deployment. */
export interface DeploymentState {
  readonly currentBuildId: string | null;
  readonly ramping: { readonly buildId: string; readonly percentage: number } | null;
  readonly buildIds: readonly { readonly buildId: string; readonly createdAt: Date | null }[];
  /** Given back with a change: it is refused when somebody else has changed something since. */
  readonly conflictToken: Uint8Array;
}

type Service = Pick<Connection, 'workflowService'> | Pick<NativeConnection, 'workflowService'>;

/** null when no worker of it has ever polled. */
export async function describeDeployment(
  { workflowService }: Service,
  namespace: string,
  deploymentName: string,
): Promise<DeploymentState | null> {
  const answer = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch((error: unknown) => (isNotFound(error) ? null : Promise.reject(error)));
  const info = answer?.workerDeploymentInfo;
  if (!info) return null;
  const { currentDeploymentVersion, rampingDeploymentVersion, rampingVersionPercentage } = info.routingConfig ?? {};
  const rampingId = rampingDeploymentVersion?.buildId;
  return {
    currentBuildId: currentDeploymentVersion?.buildId || null,
    ramping: rampingId ? { buildId: rampingId, percentage: rampingVersionPercentage ?? 0 } : null,
    buildIds: (info.versionSummaries ?? []).map(({ deploymentVersion, createTime }) => ({
      buildId: deploymentVersion?.buildId ?? '',
      createdAt: createTime?.seconds ? new Date(Number(createTime.seconds) * 1000) : null,
    })),
    conflictToken: answer.conflictToken ?? new Uint8Array(),
  };
}

const notFound = 5;
const failedPrecondition = 9;
const codeOf = (error: unknown): number | null => (isGrpcServiceError(error) ? (error.code satisfies number) : null);
const isNotFound = (error: unknown): boolean => codeOf(error) === notFound;
const isTooEarly = (error: unknown): boolean => codeOf(error) === failedPrecondition;

/** Makes a version the current one. Without `conflictToken`, whatever is current now. */
export async function makeCurrent(
  { workflowService }: Service,
  namespace: string,
  version: DeploymentVersion,
  conflictToken?: Uint8Array,
): Promise<void> {
  await workflowService.setWorkerDeploymentCurrentVersion({
    ...{ namespace, deploymentName: version.deploymentName, buildId: version.buildId, identity: 'scoria' },
    ...(conflictToken === undefined ? {} : { conflictToken }),
  });
}

/** Gives a share of the workflows to a version; 0 gives it none any more. */
export async function ramp(
  { workflowService }: Service,
  namespace: string,
  { deploymentName, buildId }: DeploymentVersion,
  percentage: number,
): Promise<void> {
  const target = percentage === 0 ? '' : buildId;
  await workflowService.setWorkerDeploymentRampingVersion({
    ...{ namespace, deploymentName, buildId: target, percentage, identity: 'scoria' },
  });
}

const tryEveryMs = 500;

/**
 * The first version of a deployment becomes the current one by itself: a fresh installation works. Every later one
 * waits for `scoria deployment promote`. Tries until Temporal knows this worker, or `signal` is aborted.
 */
export async function adoptFirstVersion(
  connection: Service,
  namespace: string,
  version: DeploymentVersion,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const state = await describeDeployment(connection, namespace, version.deploymentName).catch(() => null);
    if (state !== null && state.currentBuildId !== null) return;
    if (state?.buildIds.some(({ buildId }) => buildId === version.buildId)) {
      try {
        return await makeCurrent(connection, namespace, version, state.conflictToken);
      } catch (error) {
        if (!isTooEarly(error) && !isNotFound(error)) throw error;
      }
    }
    await delay(tryEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
