// What must be true of the lab when nothing runs, beyond the rows: files, targets, sessions, mounts, processes, data.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../../support/invariants.ts';
import { pluggedIn } from './connected-instances.ts';
import type { Data } from './data.ts';
import { backendNames, backupDirOf, stateDirOf, volumesDirOf } from './plant-config.ts';
import type { Plant } from './plant.ts';

/**
 * Waits until everything is as it must be, for what ends by itself a moment later, and looks at the data then: it does
 * not mend itself. Throws the first thing that is not as it must be.
 */
export async function expectClean(
  plant: Plant,
  data: Data,
  timeoutMs: number,
  connected: readonly string[] = [],
): Promise<void> {
  await eventually(() => expectPlantClean(plant, connected), timeoutMs);
  await data.mustBeWhole();
}

/** `connected`: volumes that were exported without an attachment. */
async function expectPlantClean(plant: Plant, connected: readonly string[]): Promise<void> {
  const { facts, db } = plant;
  await expectNothingLeft(plant, plant.backends);
  await expectOnlyWholeBackups(plant, backupDirOf(facts));
  for (const backend of backendNames) {
    expect(await readdir(join(volumesDirOf(facts, backend), '.partial')), 'half-made files').toEqual([]);
  }
  const attachments = await db.attachment.findMany({ where: { deletedAt: null, attachStatus: 'attached' } });
  const attached = [...new Set(attachments.map(({ volumeId }) => volumeId))].toSorted();
  const exported = [...new Set([...attached, ...connected])].toSorted();
  expect((await plant.servers.target.listExports()).toSorted(), 'exported volumes').toEqual(exported);
  expect((await pluggedIn(stateDirOf(facts, 'compute'))).toSorted(), 'volumes in the instance').toEqual(attached);
  expect(await pluggedIn(stateDirOf(facts, 'backup')), 'volumes connected for a backup').toEqual([]);
  expect(await connectionsHeld(facts.directory), 'mounts and initiator processes').toEqual({
    mounts: attached.map((id) => join(stateDirOf(facts, 'compute'), 'connections', id, 'disk')),
    initiators: attached.length,
  });
}

async function connectionsHeld(directory: string): Promise<{ mounts: readonly string[]; initiators: number }> {
  const rows = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const mounts = rows.map((row) => row.split(' ')[4] ?? '').filter((path) => path.includes(`${directory}/`));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  const initiators = lines.filter((line) => /qemu-storage-daemon\0/.test(line) && line.includes(directory));
  return { mounts: mounts.filter((path) => path.endsWith('/disk')).toSorted(), initiators: initiators.length };
}
