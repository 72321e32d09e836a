// What every volume driver promises, asked of one driver at a time on real storage.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gibToBytes } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { LocalPath, SnapshotRef, VolumeDriver, VolumeRef } from '../../../drivers/volume/driver.ts';
import { newStep } from './step.ts';

export interface DriverUnderTest {
  readonly driver: VolumeDriver;
  /** How to reach the bytes of the driver's paths; they may be another machine's. Default: this one's. */
  readonly bytes?: ReachBytes;
  remove(): Promise<void>;
}

export interface ReachBytes {
  readAt(path: string, position: number, length: number): Promise<Buffer>;
  writeAt(path: string, position: number, data: Buffer): Promise<void>;
  /** Of a path that is a file, in bytes. */
  size?(path: string): Promise<number>;
}

const mib = 1024 ** 2;
const newVolume = (sizeGib = 1): VolumeRef => ({ id: randomUUID(), sizeGib });
const snapshotOf = (volume: VolumeRef): SnapshotRef => ({
  id: randomUUID(),
  volumeId: volume.id,
  sizeGib: volume.sizeGib,
});

export async function writeAt({ path }: LocalPath, position: number, data: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(data, 0, data.length, position);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function readAt({ path }: LocalPath, position: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return (await file.read(Buffer.alloc(length), 0, length, position)).buffer;
  } finally {
    await file.close();
  }
}

const local: ReachBytes = {
  readAt: (path, position, length) => readAt({ path, kind: 'file' }, position, length),
  writeAt: (path, position, data) => writeAt({ path, kind: 'file' }, position, data),
};

const fileSize = async (path: string): Promise<number> => (await stat(path)).size;

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** `make` gives a driver with nothing on its back-end. */
export function promisesOfVolumeDrivers(name: string, make: () => Promise<DriverUnderTest>): void {
  describe(`volume driver ${name}`, () => {
    let made: DriverUnderTest;
    let driver: VolumeDriver;
    beforeEach(async () => {
      made = await make();
      driver = made.driver;
      await driver.checkForSetup();
    });
    afterEach(() => made.remove());

    const create = async (volume: VolumeRef): Promise<LocalPath> => {
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      return driver.volumePath(volume.id);
    };

    // Asked anew each time: a snapshot may have moved where a volume's bytes are written.
    const now = async (place: LocalPath | VolumeRef): Promise<string> =>
      'path' in place ? place.path : (await driver.volumePath(place.id)).path;
    const under: UnderTest = {
      driver: () => driver,
      create,
      read: async (place, position, length) => (made.bytes ?? local).readAt(await now(place), position, length),
      write: async (place, position, data) => (made.bytes ?? local).writeAt(await now(place), position, data),
      size: async ({ path }) => (made.bytes?.size ?? fileSize)(path),
    };
    lifePromises(under);
    sourcePromises(under);
    snapshotPromises(under);
    optionalPromises(under);
  });
}

interface UnderTest {
  driver(): VolumeDriver;
  create(volume: VolumeRef): Promise<LocalPath>;
  read(place: LocalPath | VolumeRef, position: number, length: number): Promise<Buffer>;
  write(place: LocalPath | VolumeRef, position: number, data: Buffer): Promise<void>;
  size(path: LocalPath): Promise<number>;
}

function lifePromises({ driver, create, read, write, size }: UnderTest): void {
  it('makes a blank volume of the full size, which reads as zeros where it says so', async () => {
    const path = await create(newVolume(2));
    if (path.kind === 'file') expect(await size(path)).toBe(gibToBytes(2));
    const end = await read(path, gibToBytes(2) - mib, mib);
    expect(end).toHaveLength(mib);
    if (driver().newVolumesReadZero) expect(end.equals(Buffer.alloc(mib))).toBe(true);
  });

  it('keeps the data of a volume that is created a second time', async () => {
    const volume = newVolume();
    const path = await create(volume);
    const data = randomBytes(mib);
    await write(path, 5 * mib, data);
    await create(volume);
    expect((await read(path, 5 * mib, mib)).equals(data)).toBe(true);
  });

  it('grows a volume and keeps its data, and takes a second or a smaller wish for done', async () => {
    const volume = newVolume();
    const path = await create(volume);
    const data = randomBytes(mib);
    await write(path, gibToBytes(1) - mib, data);
    for (const newSizeGib of [3, 3, 2]) await driver().extendVolume(newStep(), volume, newSizeGib);
    if (path.kind === 'file') expect(await size(path)).toBe(gibToBytes(3));
    expect((await read(path, gibToBytes(1) - mib, mib)).equals(data)).toBe(true);
    const end = await read(path, gibToBytes(3) - mib, mib);
    expect(end).toHaveLength(mib);
    if (driver().newVolumesReadZero) expect(end.equals(Buffer.alloc(mib))).toBe(true);
  });

  it('deletes a volume so that nothing is left, and again without complaint', async () => {
    const volume = newVolume();
    await write(await create(volume), 0, randomBytes(mib));
    await driver().deleteVolume(newStep(), volume);
    await driver().deleteVolume(newStep(), volume);
    expect(await driver().listObjects()).toEqual({ volumeIds: [], snapshotIds: [] });
    await expect(driver().volumePath(volume.id)).rejects.toMatchObject({ code: 'Missing' });
  });

  it('refuses to grow or open a volume that is not there', async () => {
    await expect(driver().extendVolume(newStep(), newVolume(), 2)).rejects.toMatchObject({ code: 'Missing' });
    await expect(driver().volumePath(randomUUID())).rejects.toBeInstanceOf(StorageError);
  });

  it('never builds a name from anything but a UUID', async () => {
    const volume = { id: '../../etc/passwd', sizeGib: 1 };
    await expect(driver().createVolume(newStep(), volume, { kind: 'blank' })).rejects.toThrow('not a UUID');
    await expect(driver().deleteVolume(newStep(), volume)).rejects.toThrow('not a UUID');
  });

  it('lists what it holds and reports its pool', async () => {
    const volume = newVolume();
    await create(volume);
    const snapshot = snapshotOf(volume);
    await driver().createSnapshot(newStep(), snapshot);
    expect(await driver().listObjects()).toEqual({ volumeIds: [volume.id], snapshotIds: [snapshot.id] });
    const [pool] = await driver().stats();
    expect(pool?.totalGib).toBeGreaterThan(0);
    expect(pool?.freeGib).toBeLessThanOrEqual(pool?.totalGib ?? 0);
    expect(pool?.capabilities).toMatchObject({
      volume_backend_name: expect.any(String),
      storage_protocol: expect.any(String),
    });
  });
}

function sourcePromises({ driver, create, read, write, size }: UnderTest): void {
  it('clones a volume to a larger one with the same bytes, and the two then differ freely', async () => {
    const source = newVolume();
    const sourcePath = await create(source);
    const data = randomBytes(3 * mib);
    await write(sourcePath, 100 * mib, data);
    const clone = newVolume(2);
    await driver().createVolume(newStep(), clone, { kind: 'volume', volume: source });
    const clonePath = await driver().volumePath(clone.id);
    await write(sourcePath, 100 * mib, Buffer.alloc(mib));
    expect(digest(await read(clonePath, 100 * mib, data.length))).toBe(digest(data));
    if (clonePath.kind === 'file') expect(await size(clonePath)).toBe(gibToBytes(2));
  });

  it('refuses a source larger than the new volume, and leaves nothing', async () => {
    const source = newVolume(2);
    await create(source);
    const small = newVolume(1);
    const wish = driver().createVolume(newStep(), small, { kind: 'volume', volume: source });
    await expect(wish).rejects.toMatchObject({ code: 'SourceTooLarge', kind: 'user' });
    expect((await driver().listObjects()).volumeIds).toEqual([source.id]);
  });

  it('refuses a source that is not there', async () => {
    const wish = driver().createVolume(newStep(), newVolume(), { kind: 'volume', volume: newVolume() });
    await expect(wish).rejects.toMatchObject({ code: 'Missing' });
  });

  it('leaves nothing of a clone that is cancelled, and makes it whole the next time', async () => {
    const source = newVolume();
    await write(await create(source), 0, randomBytes(64 * mib));
    const clone = newVolume();
    const step = newStep({ signal: AbortSignal.abort(new Error('cancelled')) });
    await expect(driver().createVolume(step, clone, { kind: 'volume', volume: source })).rejects.toThrow();
    expect((await driver().listObjects()).volumeIds).toEqual([source.id]);
    // Somewhere in the middle, wherever that is on this machine: nothing or a whole clone, never half of one.
    const soon = newStep({ signal: AbortSignal.timeout(10), epoch: 2 });
    await driver()
      .createVolume(soon, clone, { kind: 'volume', volume: source })
      .catch(() => undefined);
    await driver().createVolume(newStep({ epoch: 3 }), clone, { kind: 'volume', volume: source });
    const [from, to] = [await driver().volumePath(source.id), await driver().volumePath(clone.id)];
    for (const position of [0, 62 * mib]) {
      expect(digest(await read(to, position, 2 * mib))).toBe(digest(await read(from, position, 2 * mib)));
    }
  });
}

function snapshotPromises({ driver, create, read, write }: UnderTest): void {
  it('keeps in a snapshot what the volume held then, and makes a volume of it', async () => {
    const volume = newVolume();
    await create(volume);
    const before = randomBytes(2 * mib);
    await write(volume, 7 * mib, before);
    const snapshot = snapshotOf(volume);
    await driver().createSnapshot(newStep(), snapshot);
    await write(volume, 7 * mib, randomBytes(2 * mib));
    await driver().createSnapshot(newStep(), snapshot);
    expect(digest(await read(await driver().snapshotPath(snapshot), 7 * mib, before.length))).toBe(digest(before));
    const restored = newVolume(2);
    await driver().createVolume(newStep(), restored, { kind: 'snapshot', snapshot });
    expect(digest(await read(await driver().volumePath(restored.id), 7 * mib, before.length))).toBe(digest(before));
  });

  it('deletes a snapshot and leaves its volume alone', async () => {
    const volume = newVolume();
    await create(volume);
    const data = randomBytes(mib);
    await write(volume, 0, data);
    const snapshot = snapshotOf(volume);
    await driver().createSnapshot(newStep(), snapshot);
    await driver().deleteSnapshot(newStep(), snapshot);
    await driver().deleteSnapshot(newStep(), snapshot);
    expect(await driver().listObjects()).toEqual({ volumeIds: [volume.id], snapshotIds: [] });
    expect((await read(volume, 0, mib)).equals(data)).toBe(true);
  });
}

/** Asked of those drivers that have the capability. */
function optionalPromises({ driver, create, read, write }: UnderTest): void {
  it('gives a volume another id with the same bytes, if it can, and takes a repeat for done', async () => {
    const volume = newVolume();
    const data = randomBytes(mib);
    await write(await create(volume), 9 * mib, data);
    const renamed = newVolume();
    if (!driver().renameVolume) return;
    for (const _ of [1, 2]) await driver().renameVolume?.(newStep(), volume, renamed.id);
    expect((await driver().listObjects()).volumeIds).toEqual([renamed.id]);
    expect((await read(await driver().volumePath(renamed.id), 9 * mib, mib)).equals(data)).toBe(true);
  });

  it('reverts a volume to its snapshot, if it does that itself, and keeps the snapshot', async () => {
    const volume = newVolume();
    await create(volume);
    const data = randomBytes(mib);
    await write(volume, 3 * mib, data);
    const snapshot = snapshotOf(volume);
    await driver().createSnapshot(newStep(), snapshot);
    await write(volume, 3 * mib, randomBytes(mib));
    if (!driver().revertToSnapshot) return;
    for (const _ of [1, 2]) await driver().revertToSnapshot?.(newStep(), volume, snapshot);
    expect((await read(await driver().volumePath(volume.id), 3 * mib, mib)).equals(data)).toBe(true);
    expect((await driver().listObjects()).snapshotIds).toEqual([snapshot.id]);
  });

  it('takes over a volume under a new id and gives it back, if it manages what others made', async () => {
    const { manage } = driver();
    const volume = newVolume();
    const data = randomBytes(mib);
    await write(await create(volume), 0, data);
    if (!manage) return;
    const [found] = (await manage.list()).volumes;
    const adopted = randomUUID();
    for (const _ of [1, 2]) {
      expect(await manage.adoptVolume(newStep(), found?.name ?? '', adopted)).toEqual({ sizeGib: 1 });
    }
    expect((await driver().listObjects()).volumeIds).toEqual([adopted]);
    expect((await read(await driver().volumePath(adopted), 0, mib)).equals(data)).toBe(true);
    for (const _ of [1, 2]) await manage.abandonVolume(newStep(), adopted, found?.name ?? '');
    expect((await driver().listObjects()).volumeIds).toEqual([volume.id]);
  });

  it.each(['nowhere', '../escape', '/etc/passwd', '-rf', ''])(
    'refuses to take over %j, if it manages what others made',
    async (name) => {
      const { manage } = driver();
      if (!manage) return;
      await expect(manage.adoptVolume(newStep(), name, randomUUID())).rejects.toMatchObject({ code: 'ManageRefused' });
    },
  );
}
