// The volume driver `file` on real files: what every driver promises, and what only this one does.
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataExtents, parseMap } from '../../drivers/data/extents.ts';
import { translateFsError } from '../../drivers/data/fs-errors.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { newStep, scratchDirectory } from './support/step.ts';
import { promisesOfVolumeDrivers, readAt, writeAt } from './support/volume-conformance.ts';

const mib = 1024 ** 2;
const driverIn = (directory: string, more: Record<string, unknown> = {}): FileVolumeDriver =>
  new FileVolumeDriver(fileVolumeOptions.parse({ volume_backend_name: 'files', file_volumes_dir: directory, ...more }));

promisesOfVolumeDrivers('file', async () => {
  const scratch = await scratchDirectory();
  return { driver: driverIn(scratch.path), remove: scratch.remove };
});

describe('the volume driver file', () => {
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  beforeEach(async () => {
    scratch = await scratchDirectory();
  });
  afterEach(() => scratch.remove());

  it('leaves no old byte on the disk of a volume that it deletes, and allocates nothing for its holes', async () => {
    const driver = driverIn(scratch.path);
    const volume = { id: randomUUID(), sizeGib: 1 };
    await driver.createVolume(newStep(), volume, { kind: 'blank' });
    const path = await driver.volumePath(volume.id);
    await writeAt(path, 10 * mib, randomBytes(6 * mib));
    const { blocks } = await stat(path.path);
    // A second name keeps the blocks reachable after the deletion.
    const witness = join(scratch.path, 'witness');
    await link(path.path, witness);
    const reports: number[] = [];
    await driver.deleteVolume(newStep({ reportProgress: (done) => reports.push(done) }), volume);
    expect((await readAt({ path: witness, kind: 'file' }, 0, 32 * mib)).equals(Buffer.alloc(32 * mib))).toBe(true);
    expect((await stat(witness)).blocks).toBe(blocks);
    expect(reports.at(-1)).toBeGreaterThanOrEqual(6 * mib);
  });

  it.each([
    ['volume_clear = none', { volume_clear: 'none' }, 0],
    ['volume_clear_size = 2', { volume_clear_size: '2' }, 2],
  ])('erases only as much as %s says', async (_title, options, erasedMib) => {
    const driver = driverIn(scratch.path, options);
    const volume = { id: randomUUID(), sizeGib: 1 };
    await driver.createVolume(newStep(), volume, { kind: 'blank' });
    const path = await driver.volumePath(volume.id);
    const data = randomBytes(4 * mib);
    await writeAt(path, 0, data);
    const witness = join(scratch.path, 'witness');
    await link(path.path, witness);
    await driver.deleteVolume(newStep(), volume);
    const left = await readAt({ path: witness, kind: 'file' }, 0, 4 * mib);
    expect(left.subarray(0, erasedMib * mib).equals(Buffer.alloc(erasedMib * mib))).toBe(true);
    expect(left.subarray(erasedMib * mib).equals(data.subarray(erasedMib * mib))).toBe(true);
  });

  it('does not take what a dead attempt left for a volume, and removes it', async () => {
    const driver = driverIn(scratch.path);
    const volume = { id: randomUUID(), sizeGib: 1 };
    const partials = join(scratch.path, '.partial');
    await mkdir(partials);
    const other = `volume-${randomUUID()}.${randomUUID()}.4`;
    await writeFile(join(partials, `volume-${volume.id}.${randomUUID()}.3`), randomBytes(mib));
    await writeFile(join(partials, other), '');
    await expect(driver.volumePath(volume.id)).rejects.toMatchObject({ code: 'Missing' });
    await driver.createVolume(newStep(), volume, { kind: 'blank' });
    expect(await readdir(partials)).toEqual([other]);
    expect((await readAt(await driver.volumePath(volume.id), 0, mib)).equals(Buffer.alloc(mib))).toBe(true);
  });

  it('copies a sparse volume without filling its holes and reports how far it is', async () => {
    const driver = driverIn(scratch.path);
    const source = { id: randomUUID(), sizeGib: 100 };
    const clone = { id: randomUUID(), sizeGib: 100 };
    await driver.createVolume(newStep(), source, { kind: 'blank' });
    await writeAt(await driver.volumePath(source.id), 50 * 1024 * mib, randomBytes(8 * mib));
    const reports: [number, number][] = [];
    const step = newStep({ reportProgress: (done, total) => reports.push([done, total]) });
    await driver.createVolume(step, clone, { kind: 'volume', volume: source });
    const { path } = await driver.volumePath(clone.id);
    expect((await stat(path)).blocks * 512).toBeLessThan(16 * mib);
    const extents = await dataExtents(path);
    expect(extents).toEqual([{ startBytes: 50 * 1024 * mib, lengthBytes: 8 * mib }]);
    const [done, total] = reports.at(-1) ?? [8 * mib, 8 * mib];
    expect(done).toBe(total);
  });

  it('claims no more than file_capacity_gib and counts what its files take', async () => {
    const driver = driverIn(scratch.path, { file_capacity_gib: '2' });
    const volume = { id: randomUUID(), sizeGib: 1 };
    await driver.createVolume(newStep(), volume, { kind: 'blank' });
    expect(await driver.stats()).toMatchObject([
      { poolName: 'files', totalGib: 2, freeGib: 2, thinProvisioning: true },
    ]);
    await writeAt(await driver.volumePath(volume.id), 0, randomBytes(64 * mib));
    expect((await driver.stats())[0]?.freeGib).toBeCloseTo(2 - 64 / 1024, 2);
  });

  it('works out max_over_subscription_ratio = auto from what its volumes promise and take', async () => {
    const driver = driverIn(scratch.path, { file_capacity_gib: '10', max_over_subscription_ratio: 'auto' });
    expect((await driver.stats())[0]?.maxOverSubscriptionRatio).toBeCloseTo(1, 3);
    await driver.createVolume(newStep(), { id: randomUUID(), sizeGib: 4 }, { kind: 'blank' });
    expect((await driver.stats())[0]?.maxOverSubscriptionRatio).toBeCloseTo(5, 3);
  });

  it('names option and path when the directory is missing or no directory', async () => {
    await expect(driverIn(join(scratch.path, 'none')).checkForSetup()).rejects.toMatchObject({
      code: 'Missing',
      message: `${scratch.path}/none (option files.file_volumes_dir): it is not there`,
    });
    await writeFile(join(scratch.path, 'file'), '');
    await expect(driverIn(join(scratch.path, 'file')).checkForSetup()).rejects.toMatchObject({ code: 'Misconfigured' });
    await unlink(join(scratch.path, 'file'));
  });

  it.each([
    ['ENOSPC', 'InsufficientSpace'],
    ['EDQUOT', 'InsufficientSpace'],
    ['EACCES', 'PermissionDenied'],
    ['EROFS', 'PermissionDenied'],
  ])('translates %s into %s', (errno, code) => {
    const error = Object.assign(new Error(errno), { code: errno });
    const translated = translateFsError(error, { option: 'files.file_volumes_dir', path: '/srv/v' });
    expect(translated).toMatchObject({
      code,
      message: expect.stringContaining('/srv/v (option files.file_volumes_dir)'),
    });
  });

  it('refuses a map that makes no sense instead of taking it for empty', () => {
    expect(() => parseMap('{}')).toThrow(expect.objectContaining({ code: 'UnexpectedOutput' }));
    expect(() => parseMap('')).toThrow(expect.objectContaining({ code: 'UnexpectedOutput' }));
  });
});
