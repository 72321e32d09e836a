// Empties the lab between two cells, whatever the last one left, without starting anything again.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { libiscsiOptions } from '../../../drivers/connector/libiscsi/config.ts';
import { LibiscsiConnector } from '../../../drivers/connector/libiscsi/driver.ts';
import { newStep } from '../../driver/support/step.ts';
import { pluggedIn } from './connected-instances.ts';
import type { Data } from './data.ts';
import { backendNames, backupDirOf, hosts, stateDirOf, volumesDirOf, type PlantFacts } from './plant-config.ts';
import type { Plant } from './plant.ts';

/** Ends the sessions of the instance and of the backup hosts: their initiators outlive the workers. */
export async function letGoOfVolumes(facts: PlantFacts): Promise<void> {
  for (const name of ['compute', 'backup'] as const) {
    const stateDir = stateDirOf(facts, name);
    const connector = new LibiscsiConnector(libiscsiOptions.parse({ state_path: stateDir, host: hosts[name] }));
    for (const id of await pluggedIn(stateDir)) await connector.disconnect(newStep(), id, noConnection);
  }
}

/** The rows, exports, sessions and files of everything that was made. Nothing may be running. */
export async function reset(plant: Plant, data: Data): Promise<void> {
  plant.gate.forget();
  await plant.commands.disarm();
  await letGoOfVolumes(plant.facts);
  const { target } = plant.servers;
  for (const id of await target.listExports()) await target.removeExport(newStep(), id);
  await plant.db
    .$executeRaw`TRUNCATE operations, operation_resources, operation_events, volumes, snapshots, attachments,
    backups, pool_allocations, quota_usages, messages, idempotency_keys`;
  await plant.db.$executeRaw`UPDATE pools SET allocated_gib = 0, allocated_volumes = 0`;
  await Promise.all(backendNames.map((backend) => emptyDirectory(volumesDirOf(plant.facts, backend), ['.partial'])));
  await Promise.all(
    backendNames.map((backend) => emptyDirectory(join(volumesDirOf(plant.facts, backend), '.partial'))),
  );
  await emptyDirectory(backupDirOf(plant.facts));
  data.forget();
}

/** The connector takes it for symmetry only. */
const noConnection = { driver_volume_type: 'iscsi', data: {} } as never;

async function emptyDirectory(directory: string, except: readonly string[] = []): Promise<void> {
  const names = await readdir(directory);
  const unwanted = names.filter((name) => !except.includes(name));
  await Promise.all(unwanted.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

/** After a failed cell: ends every workflow as well, and begins with fresh processes. */
export async function resetHard(plant: Plant, data: Data): Promise<void> {
  await plant.processes.stop();
  for await (const { workflowId } of plant.temporal.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    await plant.temporal.workflow
      .getHandle(workflowId)
      .terminate('a failed cell')
      .catch(() => undefined);
  }
  await Promise.all(plant.disks.map((disk) => disk.empty()));
  await reset(plant, data);
  await plant.processes.start('api');
  await Promise.all((['control', 'volume', 'backup', 'compute'] as const).map((name) => plant.processes.start(name)));
}
