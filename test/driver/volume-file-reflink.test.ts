// The volume driver `file` on a file system with reflinks, where the machine can have one.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { mountReflinks } from './support/reflink-mount.ts';
import { newStep } from './support/step.ts';
import { promisesOfVolumeDrivers, writeAt } from './support/volume-conformance.ts';

const mounted = await mountReflinks();
const mib = 1024 ** 2;

async function newDriver() {
  if (typeof mounted === 'string') throw new Error(mounted);
  const directory = join(mounted.path, randomUUID());
  await mkdir(directory);
  const driver = new FileVolumeDriver(
    fileVolumeOptions.parse({ volume_backend_name: 'reflinks', file_volumes_dir: directory }),
  );
  return { driver, remove: () => rm(directory, { recursive: true }) };
}

afterAll(async () => {
  if (typeof mounted !== 'string') await mounted.remove();
});

describe.skipIf(typeof mounted === 'string')('with reflinks', () => {
  promisesOfVolumeDrivers('file', newDriver);

  it('a snapshot and a clone take no space of their own', async () => {
    const { driver, remove } = await newDriver();
    const volume = { id: randomUUID(), sizeGib: 1 };
    await driver.createVolume(newStep(), volume, { kind: 'blank' });
    const path = await driver.volumePath(volume.id);
    await writeAt(path, 0, randomBytes(200 * mib));
    const freeBytes = async (): Promise<number> => {
      const { bavail, bsize } = await statfs(path.path);
      return bavail * bsize;
    };
    const before = await freeBytes();
    const snapshot = { id: randomUUID(), volumeId: volume.id, sizeGib: 1 };
    await driver.createSnapshot(newStep(), snapshot);
    await driver.createVolume(newStep(), { id: randomUUID(), sizeGib: 1 }, { kind: 'snapshot', snapshot });
    expect(before - (await freeBytes())).toBeLessThan(20 * mib);
    await remove();
  });
});
