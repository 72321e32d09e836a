// The NFS volume driver on plain directories: what every volume driver promises, and chains of snapshots.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nfsVolumeOptions } from '../../drivers/volume/nfs/config.ts';
import { NfsVolumeDriver } from '../../drivers/volume/nfs/driver.ts';
import { parseShares, percentIn } from '../../drivers/volume/nfs/parse.ts';
import { NfsShares } from '../../drivers/volume/nfs/shares.ts';
import { NfsTargetDriver } from '../../drivers/target/nfs/driver.ts';
import { run } from '../../privileged/run.ts';
import { scalePatience } from '../../privileged/silence-timer.ts';
import { findProgram } from '../../privileged/find-program.ts';
import { mountDirectory } from '../../drivers/nfs/share.ts';
import { readImageAt, writeImageAt } from './support/image-bytes.ts';
import { Death, directoriesFor } from './support/nfs-directories.ts';
import { newStep, scratchDirectory } from './support/step.ts';
import { promisesOfVolumeDrivers } from './support/volume-conformance.ts';

const mib = 1024 ** 2;
const shares = ['nas-1:/volumes', 'nas-2:/volumes'];
const hasQemu = (await findProgram('qemu-io')) !== null;
if (!hasQemu) console.warn('skipped: qemu-io and qemu-img are missing (Debian: qemu-utils)');

async function makeDriver(overrides: object = {}, names = shares) {
  const scratch = await scratchDirectory();
  const { sharesFile, mount } = await directoriesFor(scratch.path, names);
  const options = nfsVolumeOptions.parse({
    ...{ volume_backend_name: 'nfs-1', nfs_shares_config: sharesFile, nfs_mount_point_base: scratch.path },
    ...{ nfs_snapshot_support: true, ...overrides },
  });
  const own = new NfsShares(options, mount);
  const driver = new NfsVolumeDriver(options, own);
  /** As it will be made by the process that comes next, or by one that dies. */
  const again = (death?: Death): NfsVolumeDriver =>
    new NfsVolumeDriver(
      options,
      new NfsShares(options, (settings) => (death ? death.over(mount(settings)) : mount(settings))),
    );
  return { scratch, driver, again, target: new NfsTargetDriver(own, scratch.path) };
}

describe.skipIf(!hasQemu)('on plain directories', () => {
  for (const nfs_qcow2_volumes of [false, true]) {
    promisesOfVolumeDrivers(`nfs, nfs_qcow2_volumes = ${nfs_qcow2_volumes}`, async () => {
      const { driver, scratch } = await makeDriver({ nfs_qcow2_volumes });
      return { driver, bytes: { readAt: readImageAt, writeAt: writeImageAt }, remove: scratch.remove };
    });
  }

  describe('the NFS volume driver', () => {
    let made: Awaited<ReturnType<typeof makeDriver>>;
    let driver: NfsVolumeDriver;
    beforeEach(async () => {
      made = await makeDriver();
      ({ driver } = made);
      await driver.checkForSetup();
    });
    afterEach(() => made.scratch.remove());

    const volume = { id: randomUUID(), sizeGib: 1 };
    const snapshotOf = (id: string = randomUUID()) => ({ id, volumeId: volume.id, sizeGib: 1 });
    const write = async (position: number, data: Buffer): Promise<void> =>
      writeImageAt((await driver.volumePath(volume.id)).path, position, data);
    const files = async (): Promise<string[]> =>
      (await Promise.all(shares.map((share) => readdir(join(made.scratch.path, mountDirectory(share))))))
        .flat()
        .toSorted();

    it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]], [[1, 2, 0]]])(
      'deletes three snapshots in the order %j, and each that is left keeps its bytes',
      async (order) => {
        await driver.createVolume(newStep(), volume, { kind: 'blank' });
        const taken: { snapshot: ReturnType<typeof snapshotOf>; data: Buffer }[] = [];
        for (const _ of order) {
          const data = randomBytes(mib);
          await write(5 * mib, data);
          const snapshot = snapshotOf();
          await driver.createSnapshot(newStep(), snapshot);
          taken.push({ snapshot, data });
        }
        const last = randomBytes(mib);
        await write(5 * mib, last);
        const left = new Set(order);
        for (const index of order) {
          await driver.deleteSnapshot(newStep(), taken[index]?.snapshot ?? snapshotOf());
          left.delete(index);
          for (const kept of left) {
            const { snapshot, data } = taken[kept] as (typeof taken)[number];
            const { path } = await driver.snapshotPath(snapshot);
            expect((await readImageAt(path, 5 * mib, mib)).equals(data), `snapshot ${kept}`).toBe(true);
          }
          const { path } = await driver.volumePath(volume.id);
          expect((await readImageAt(path, 5 * mib, mib)).equals(last)).toBe(true);
        }
        await driver.deleteVolume(newStep(), volume);
        expect(await files()).toEqual(['.scoria', '.scoria']);
      },
    );

    it('finishes the removal of a snapshot that died after any of its commands', async () => {
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      const [older, newer] = [snapshotOf(), snapshotOf()];
      const data = [randomBytes(mib), randomBytes(mib)] as const;
      await write(0, data[0]);
      await driver.createSnapshot(newStep(), older);
      await write(0, data[1]);
      await driver.createSnapshot(newStep(), newer);
      const { path } = await driver.volumePath(volume.id);
      const directory = join(path, '..');
      const info = join(directory, `volume-${volume.id}.info`);
      const before = await readFile(info, 'utf8');
      const overlay = join(directory, `volume-${volume.id}.${older.id}`);
      await driver.deleteSnapshot(newStep(), older);
      // As if it had died before the record was written: the rebase is done, the overlay still there.
      await writeFile(overlay, await readFile(join(directory, `volume-${volume.id}.${newer.id}`)));
      await writeFile(info, before);
      await expect(driver.deleteSnapshot(newStep(), older)).resolves.toBeUndefined();
      expect(await files()).toEqual([
        '.scoria',
        '.scoria',
        ...[`volume-${volume.id}`, `volume-${volume.id}.${newer.id}`, `volume-${volume.id}.info`].toSorted(),
      ]);
      expect((await readImageAt((await driver.snapshotPath(newer)).path, 0, mib)).equals(data[1])).toBe(true);
    });

    type Step = (driver: NfsVolumeDriver) => Promise<void>;
    const snapshots = [snapshotOf(), snapshotOf(), snapshotOf()] as const;
    const clone = { id: randomUUID(), sizeGib: 2 };
    const life: readonly (readonly [string, Step])[] = [
      ['create', (on) => on.createVolume(newStep(), volume, { kind: 'blank' })],
      ['first snapshot', (on) => on.createSnapshot(newStep(), snapshots[0])],
      ['second snapshot', (on) => on.createSnapshot(newStep(), snapshots[1])],
      ['third snapshot', (on) => on.createSnapshot(newStep(), snapshots[2])],
      [
        'volume from a snapshot',
        (on) => on.createVolume(newStep(), clone, { kind: 'snapshot', snapshot: snapshots[1] }),
      ],
      ['delete of the middle one', (on) => on.deleteSnapshot(newStep(), snapshots[1])],
      ['extend', (on) => on.extendVolume(newStep(), volume, 2)],
      ['revert', (on) => on.revertToSnapshot(newStep(), volume, snapshots[2])],
      ['delete of the newest one', (on) => on.deleteSnapshot(newStep(), snapshots[2])],
      ['delete of the last one', (on) => on.deleteSnapshot(newStep(), snapshots[0])],
      ['delete', (on) => on.deleteVolume(newStep(), volume)],
    ];
    it.each([false, true])(
      'ends every step whole though it died before or after any of its commands (its last one had its effect: %j)',
      async (ranLast) => {
        const lab = await makeDriver({}, shares.slice(0, 1));
        await lab.driver.checkForSetup();
        const data = randomBytes(mib);
        for (const [name, step] of life) {
          let deaths = 0;
          for (;;) {
            const death = new Death(deaths, ranLast);
            const outcome = await step(lab.again(death)).then(
              () => null,
              (error: unknown) => error as Error,
            );
            if (!death.hasCome) {
              expect(outcome, `${name}, repeated after ${deaths} deaths`).toBeNull();
              break;
            }
            deaths += 1;
          }
          expect(deaths, name).toBeGreaterThan(0);
          if (name === 'create') await writeImageAt((await lab.driver.volumePath(volume.id)).path, mib, data);
          if (name === 'delete') break;
          const read = await readImageAt((await lab.driver.volumePath(volume.id)).path, mib, mib);
          expect(read.equals(data), name).toBe(true);
        }
        expect((await readImageAt((await lab.driver.volumePath(clone.id)).path, mib, mib)).equals(data)).toBe(true);
        await lab.driver.deleteVolume(newStep(), clone);
        const left = await readdir(join(lab.scratch.path, mountDirectory(shares[0] ?? '')), { recursive: true });
        expect(left).toEqual(['.scoria']);
        await lab.scratch.remove();
      },
    );

    it('puts a volume on the share that has given out the least', async () => {
      const ids = [randomUUID(), randomUUID()];
      for (const id of ids) await driver.createVolume(newStep(), { id, sizeGib: 1 }, { kind: 'blank' });
      const places = await Promise.all(ids.map(async (id) => (await driver.volumePath(id)).path.split('/').at(-2)));
      expect(places.toSorted()).toEqual(shares.map(mountDirectory).toSorted());
    });

    it('tells an initiator share, name and format, and changes no chain while it may be open', async () => {
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      const request = { volumeId: volume.id, path: await driver.volumePath(volume.id), chap: null, readonly: false };
      const connection = await made.target.exportVolume(newStep(), request);
      expect(connection).toMatchObject({
        driver_volume_type: 'nfs',
        data: { export: expect.stringMatching(/^nas-/), name: `volume-${volume.id}`, format: 'raw' },
        mount_point_base: made.scratch.path,
      });
      expect(await made.target.listExports()).toEqual([volume.id]);
      for (const refused of [
        driver.createSnapshot(newStep(), snapshotOf()),
        driver.extendVolume(newStep(), volume, 2),
        driver.deleteVolume(newStep(), volume),
      ]) {
        await expect(refused).rejects.toMatchObject({ code: 'Unsupported', kind: 'user' });
      }
      await made.target.removeExport(newStep(), volume.id);
      await driver.createSnapshot(newStep(), snapshotOf());
      expect(await made.target.listExports()).toEqual([]);
    });

    it('gives up a share whose server does not answer, soon and by name, and goes on when it does', async () => {
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      const { path } = await driver.volumePath(volume.id);
      const mark = join(path, '..', '.scoria', volume.id);
      const text = await readFile(mark, 'utf8');
      await rm(mark);
      // Whoever opens it waits, as for a server that is away.
      await run(['mkfifo', mark], { silenceTimeoutMs: 5_000 });
      scalePatience(0.01);
      try {
        await expect(driver.deleteVolume(newStep(), volume)).rejects.toMatchObject({
          ...{ code: 'Unreachable', kind: 'passing' },
          message: expect.stringMatching(/NFS share nas-\d:\/volumes .* does not answer: dd .* was ended/),
        });
      } finally {
        scalePatience(1);
      }
      await rm(mark);
      await writeFile(mark, text);
      await driver.deleteVolume(newStep(), volume);
      expect((await driver.listObjects()).volumeIds).toEqual([]);
    });

    it('refuses a claim that another host’s newer one has overtaken', async () => {
      await driver.createVolume(newStep({ epoch: 7 }), volume, { kind: 'blank' });
      await expect(driver.extendVolume(newStep({ epoch: 6 }), volume, 2)).rejects.toMatchObject({ code: 'StaleEpoch' });
      await expect(driver.deleteVolume(newStep({ epoch: 6 }), volume)).rejects.toMatchObject({ code: 'StaleEpoch' });
    });

    it('touches nothing that does not carry its mark, and says no where snapshots are switched off', async () => {
      const theirs = { id: randomUUID(), sizeGib: 1 };
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      const { path } = await driver.volumePath(volume.id);
      await rename(path, path.replace(volume.id, theirs.id));
      await expect(driver.deleteVolume(newStep(), theirs)).rejects.toMatchObject({ code: 'NotOurs' });
      const plain = await makeDriver({ nfs_snapshot_support: false });
      await expect(plain.driver.createSnapshot(newStep(), snapshotOf())).rejects.toMatchObject({
        code: 'Unsupported',
        message: 'NFS driver snapshot support is disabled in cinder.conf.',
      });
      await plain.scratch.remove();
    });

    it('takes all of a volume’s space where volumes are not sparse', async () => {
      const thick = await makeDriver({ nfs_sparsed_volumes: false });
      expect((await thick.driver.stats())[0]).toMatchObject({ thinProvisioning: false, multiattach: false });
      await thick.scratch.remove();
    });
  });
});

describe('what the NFS volume driver reads', () => {
  it('is a file of shares with options behind them', () => {
    const text = '# comment\n\nnas:/a\nnas:/b -o vers=4.2,soft\n[fd00::1]:/c vers=3\n';
    expect(parseShares(text, '/etc/shares')).toEqual([
      { share: 'nas:/a', mountOptions: null },
      { share: 'nas:/b', mountOptions: 'vers=4.2,soft' },
      { share: '[fd00::1]:/c', mountOptions: 'vers=3' },
    ]);
    expect(() => parseShares('nas:/a\nnonsense\n', '/etc/shares')).toThrow('/etc/shares:2 (option nfs_shares_config)');
    expect(() => parseShares('nas:/a -o rw -o suid\n', '/etc/shares')).toThrow('/etc/shares:1');
  });

  it('is qemu-img’s progress', () => {
    expect(percentIn('    (0.00/100%)\r    (45.32/100%)\r')).toBe(45.32);
    expect(percentIn('nothing')).toBeNull();
  });
});
