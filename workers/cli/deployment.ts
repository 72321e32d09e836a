// `scoria deployment show|promote`: which version of the control workers gets the operations.
import { Connection } from '@temporalio/client';
import { loadConfig } from '../config/load.ts';
import { temporalConnectionOptions } from '../roles/temporal-connection.ts';
import { describeDeployment, makeCurrent, ownVersion, ramp, type DeploymentState } from '../roles/worker-deployment.ts';

export interface DeploymentFlags {
  readonly config: readonly string[];
}

export interface PromoteFlags extends DeploymentFlags {
  readonly buildId?: string;
  readonly percentage?: number;
}

/** Prints the versions; answers the exit code. */
export async function showDeployment(flags: DeploymentFlags): Promise<number> {
  return withDeployment(flags, async ({ connection, namespace, own }) => {
    const state = await describeDeployment(connection, namespace, own.deploymentName);
    if (state === null) {
      console.log(`no control worker of the deployment ${own.deploymentName} has ever been there`);
      return 1;
    }
    for (const line of linesOf(state, own.buildId)) console.log(line);
    return 0;
  });
}

/** Gives all operations, or a share of them, to a version: to the one of this release unless told otherwise. */
export async function promote({ buildId, percentage, ...flags }: PromoteFlags): Promise<number> {
  return withDeployment(flags, async ({ connection, namespace, own }) => {
    const version = { ...own, buildId: buildId ?? own.buildId };
    const state = await describeDeployment(connection, namespace, own.deploymentName);
    if (!state?.buildIds.some((one) => one.buildId === version.buildId)) {
      throw new Error(`no control worker of ${version.buildId} has been there: start one first`);
    }
    if (percentage !== undefined && percentage < 100) {
      await ramp(connection, namespace, version, percentage);
      console.log(`${version.buildId} gets ${percentage} % of the operations`);
      return 0;
    }
    await makeCurrent(connection, namespace, version, state.conflictToken);
    console.log(`${version.buildId} is current`);
    return 0;
  });
}

interface Reached {
  readonly connection: Connection;
  readonly namespace: string;
  /** The version of the control workers that this release starts. */
  readonly own: { readonly deploymentName: string; readonly buildId: string };
}

async function withDeployment(
  { config: files }: DeploymentFlags,
  use: (reached: Reached) => Promise<number>,
): Promise<number> {
  const { temporal } = loadConfig(files).config;
  const own = await ownVersion(temporal);
  if (own === null) throw new Error(`${files.join(', ')}: [temporal] deployment_name is not set: nothing is versioned`);
  const connection = await Connection.connect(await temporalConnectionOptions(temporal));
  try {
    return await use({ connection, namespace: temporal.namespace, own });
  } finally {
    await connection.close();
  }
}

/** One line for each version, the newest first. */
function linesOf({ currentBuildId, ramping, buildIds }: DeploymentState, ownBuildId: string): readonly string[] {
  const newestFirst = buildIds.toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt));
  const rows = newestFirst.map(({ buildId, createdAt }) => {
    const share = ramping?.buildId === buildId ? `${ramping.percentage} %` : '';
    const state = buildId === currentBuildId ? 'current' : share;
    const note = buildId === ownBuildId ? 'this release' : '';
    return [buildId, state, createdAt?.toISOString().slice(0, 19) ?? '', note] as const;
  });
  const width = Math.max(...rows.map(([buildId]) => buildId.length));
  return rows.map(([buildId, ...rest]) =>
    [buildId.padEnd(width), rest[0].padEnd(8), ...rest.slice(1)].join('  ').trimEnd(),
  );
}
