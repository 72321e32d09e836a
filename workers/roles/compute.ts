// The compute role: plugs volumes into this host's instances, on `compute/<host>`, and reports the instances.
import { createInstanceActivities } from '../../activities/instance.ts';
import { computeQueue } from '../../domain/task-queues.ts';
import type { InstanceDriver } from '../../drivers/connector/instance.ts';
import { startHostWorker, startReporting, type HostRoleDeps } from './host-worker.ts';
import type { RunningWorker } from './run-worker.ts';

export interface ComputeRoleDeps extends HostRoleDeps {
  readonly instances: InstanceDriver;
}

/** Starts the compute worker of this host. */
export async function startComputeRole(deps: ComputeRoleDeps): Promise<RunningWorker> {
  await deps.instances.checkForSetup();
  const worker = await startHostWorker(
    deps,
    computeQueue(deps.host),
    createInstanceActivities(deps.instances, deps),
    8,
  );
  const { host, availabilityZone } = deps;
  const reporting = await startReporting(deps, async () => ({
    binary: 'nova-compute' as const,
    host,
    availabilityZone,
    servers: await deps.instances.listInstances(),
  }));
  deps.log.info({ host, driver: deps.instances.name }, 'compute worker is up');
  return {
    ended: worker.ended,
    async stop() {
      reporting.stop();
      await worker.stop();
    },
  };
}
