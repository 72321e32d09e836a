// The volume driver `rbd` on a real Ceph: what every driver promises, and what only this one does.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorByProtocol } from '../../drivers/connector/by-protocol.ts';
import type { Connector } from '../../drivers/connector/connector.ts';
import { LibrbdConnector } from '../../drivers/connector/librbd/driver.ts';
import type { StepContext } from '../../drivers/step.ts';
import { rbdVolumeOptions } from '../../drivers/volume/rbd/config.ts';
import { RbdVolumeDriver } from '../../drivers/volume/rbd/driver.ts';
import { run } from '../../privileged/run.ts';
import { startCeph, whyNoCeph, type TestCeph } from './support/ceph.ts';
import { newStep } from './support/step.ts';
import { promisesOfVolumeDrivers, readAt, writeAt } from './support/volume-conformance.ts';

const mib = 1024 ** 2;
const reason = await whyNoCeph();

describe.skipIf(reason !== null)('on a Ceph of one node', () => {
  let ceph: TestCeph;
  beforeAll(async () => {
    ceph = await startCeph();
  }, 120_000);
  afterAll(() => ceph?.stop());

  const driverWith = (more: Record<string, unknown> = {}): RbdVolumeDriver =>
    new RbdVolumeDriver(
      rbdVolumeOptions.parse({
        volume_backend_name: 'ceph-1',
        rbd_pool: 'volumes',
        rbd_ceph_conf: ceph.conf,
        rbd_connections_dir: `${ceph.directory}/shown`,
        ...more,
      }),
    );

  const closeAll = async (driver: RbdVolumeDriver): Promise<void> => {
    for (const id of await readdir(`${ceph.directory}/shown/connections`).catch(() => [])) await driver.closePath(id);
  };

  promisesOfVolumeDrivers('rbd', async () => {
    const driver = driverWith();
    return {
      driver,
      remove: async () => {
        await closeAll(driver);
        await ceph.emptyPool('volumes');
      },
    };
  });

  describe('the RBD driver', () => {
    afterEach(async () => {
      await closeAll(driverWith());
      await ceph.emptyPool('volumes');
    });

    const data = randomBytes(mib);
    const newVolume = (sizeGib = 1) => ({ id: randomUUID(), sizeGib });
    const imageOf = ({ id }: { readonly id: string }): string => `volumes/volume-${id}`;
    const json = async (...words: string[]): Promise<unknown> =>
      JSON.parse((await ceph.tool(['rbd', '--format', 'json', ...words])).stdout);
    const names = async (): Promise<readonly string[]> => (await json('ls', '--pool', 'volumes')) as string[];
    const cloneOf = async (driver: RbdVolumeDriver, volume: { readonly id: string; readonly sizeGib: number }) => {
      const clone = newVolume();
      await driver.createVolume(newStep(), clone, { kind: 'volume', volume });
      return clone;
    };

    it('shares blocks with clones, and gives a clone blocks of its own when the chain gets too long', async () => {
      const driver = driverWith({ rbd_max_clone_depth: 1 });
      const source = newVolume();
      await driver.createVolume(newStep(), source, { kind: 'blank' });
      await writeAt(await driver.volumePath(source.id), 0, data);
      await driver.closePath(source.id);
      const first = await cloneOf(driver, source);
      expect(await json('info', imageOf(first))).toMatchObject({
        parent: { image: `volume-${source.id}`, snapshot: `volume-${first.id}.clone_snap` },
      });
      const second = await cloneOf(driver, first);
      expect(await json('info', imageOf(second))).not.toHaveProperty('parent');
      expect(await json('snap', 'ls', imageOf(first))).toEqual([]);
      expect((await readAt(await driver.volumePath(second.id), 0, mib)).equals(data)).toBe(true);
    });

    it('keeps what clones need of deleted volumes, and removes it with the last clone', async () => {
      const driver = driverWith();
      const source = newVolume();
      await driver.createVolume(newStep(), source, { kind: 'blank' });
      await writeAt(await driver.volumePath(source.id), 0, data);
      const middle = await cloneOf(driver, source);
      const [last, other] = [await cloneOf(driver, middle), await cloneOf(driver, source)];
      for (const volume of [source, middle]) {
        for (const _ of [1, 2]) await driver.deleteVolume(newStep(), volume);
      }
      expect((await driver.listObjects()).volumeIds.toSorted()).toEqual([last.id, other.id].toSorted());
      expect(await names()).toContain(`volume-${source.id}.deleted`);
      expect((await readAt(await driver.volumePath(last.id), 0, mib)).equals(data)).toBe(true);
      await driver.deleteVolume(newStep(), last);
      expect((await names()).toSorted()).toEqual([`volume-${other.id}`, `volume-${source.id}.deleted`].toSorted());
      await driver.deleteVolume(newStep(), other);
      expect(await names()).toEqual([]);
    });

    it('leaves nothing of clones and their deleted source, wherever a deletion dies', async () => {
      const driver = driverWith();
      const source = newVolume();
      await driver.createVolume(newStep(), source, { kind: 'blank' });
      const clones = await Promise.all(deletionDeaths.map(() => cloneOf(driver, source)));
      await driver.deleteVolume(newStep(), source);
      for (const [index, deaths] of deletionDeaths.entries()) {
        const clone = clones[index] ?? newVolume();
        for (const commands of deaths) {
          await expect(driver.deleteVolume(dyingBefore(commands), clone)).rejects.toThrow('died');
        }
        await driver.deleteVolume(newStep(), clone);
        const left = clones.slice(index + 1).map(({ id }) => `volume-${id}`);
        const kept = left.length > 0 ? [`volume-${source.id}.deleted`] : [];
        expect((await names()).toSorted()).toEqual([...left, ...kept].toSorted());
      }
    }, 300_000);

    it('makes a clone whole, and holds nothing else, wherever its creation died', async () => {
      const driver = driverWith();
      const source = newVolume();
      await driver.createVolume(newStep(), source, { kind: 'blank' });
      await writeAt(await driver.volumePath(source.id), 0, data);
      await driver.closePath(source.id);
      for (let commands = 1; commands <= 4; commands += 1) {
        const clone = newVolume(2);
        const source_ = { kind: 'volume', volume: source } as const;
        await driver.createVolume(dyingBefore(commands), clone, source_).catch(() => undefined);
        await driver.createVolume(newStep(), clone, source_);
        expect((await readAt(await driver.volumePath(clone.id), 0, mib)).equals(data)).toBe(true);
        await driver.deleteVolume(newStep(), clone);
      }
      expect(await names()).toEqual([`volume-${source.id}`]);
      expect(await json('snap', 'ls', imageOf(source))).toEqual([]);
    }, 300_000);

    it('gives the volumes of a snapshot that is deleted blocks of their own', async () => {
      const driver = driverWith();
      const [source, restored] = [newVolume(), newVolume()];
      await driver.createVolume(newStep(), source, { kind: 'blank' });
      await writeAt(await driver.volumePath(source.id), 0, data);
      const snapshot = { id: randomUUID(), volumeId: source.id, sizeGib: 1 };
      await driver.createSnapshot(newStep(), snapshot);
      await driver.createVolume(newStep(), restored, { kind: 'snapshot', snapshot });
      await expect(driver.deleteVolume(newStep(), source)).rejects.toMatchObject({ code: 'Busy' });
      await driver.deleteSnapshot(newStep(), snapshot);
      await driver.deleteVolume(newStep(), source);
      expect(await names()).toEqual([`volume-${restored.id}`]);
      expect((await readAt(await driver.volumePath(restored.id), 0, mib)).equals(data)).toBe(true);
    });

    it('does not touch a clone that somebody has open', async () => {
      const driver = driverWith();
      const source = newVolume();
      await driver.createVolume(newStep(), source, { kind: 'blank' });
      const clone = await cloneOf(driver, source);
      const other = driverWith({ rbd_connections_dir: `${ceph.directory}/other` });
      const path = await other.volumePath(clone.id);
      await writeAt(path, 0, data);
      await expect(driver.deleteVolume(newStep(), clone)).rejects.toMatchObject({ code: 'Busy' });
      expect((await readAt(path, 0, mib)).equals(data)).toBe(true);
      await other.closePath(clone.id);
      await driver.deleteVolume(newStep(), clone);
    });

    it('answers what Cinder answers to a client, and the bytes are there for librbd and for another host', async () => {
      const driver = driverWith({ rbd_user: 'admin' });
      const volume = newVolume();
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      await writeAt(await driver.volumePath(volume.id), 0, Buffer.alloc(mib, 7));
      await driver.closePath(volume.id);
      const connection = await driver.connection({ volumeId: volume.id, snapshot: null, readonly: false });
      const fsid = (await ceph.tool(['ceph', 'fsid'])).stdout.trim();
      expect(connection).toMatchObject({
        driver_volume_type: 'rbd',
        data: {
          ...{ name: imageOf(volume), hosts: ['127.0.0.1'], ports: [expect.stringMatching(/^\d+$/)] },
          ...{ cluster_name: 'ceph', auth_enabled: true, auth_username: 'admin', secret_type: 'ceph' },
          ...{ secret_uuid: fsid, volume_id: volume.id, discard: true },
        },
      });
      const url = `rbd:${imageOf(volume)}:id=admin:conf=${ceph.conf}`;
      const { stdout } = await run(['qemu-io', '-r', '-f', 'raw', '-c', 'read -P 7 0 1M', url], {
        silenceTimeoutMs: 60_000,
      });
      expect(stdout).toContain('read 1048576/1048576 bytes');
      const options = { statePath: `${ceph.directory}/reader`, cephDirectory: ceph.directory };
      const connector = new ConnectorByProtocol(noIscsi, { rbd: new LibrbdConnector(options) });
      const { path } = await connector.connect(newStep(), volume.id, connection, null);
      expect((await readAt({ path, kind: 'file' }, 0, mib)).equals(Buffer.alloc(mib, 7))).toBe(true);
      await writeAt({ path, kind: 'file' }, mib, data);
      for (const _ of [1, 2]) await connector.disconnect(newStep(), volume.id, connection);
      expect((await readAt(await driver.volumePath(volume.id), mib, mib)).equals(data)).toBe(true);
    });

    it('reports a quota as its size, and an option that is wrong by its name', async () => {
      await ceph.tool(['ceph', 'osd', 'pool', 'set-quota', 'volumes', 'max_bytes', String(1024 ** 3)]);
      const [pool] = await driverWith({ report_dynamic_total_capacity: 'false' }).stats();
      expect(pool).toMatchObject({ totalGib: 1, thinProvisioning: true, capabilities: { storage_protocol: 'ceph' } });
      await ceph.tool(['ceph', 'osd', 'pool', 'set-quota', 'volumes', 'max_bytes', '0']);
      for (const [options, code, words] of [
        [{ rbd_pool: 'none' }, 'Misconfigured', 'option rbd_pool'],
        [{ rbd_ceph_conf: '/none' }, 'Misconfigured', 'option rbd_ceph_conf'],
        [{ rbd_user: 'nobody' }, 'PermissionDenied', 'option rbd_user'],
      ] as const) {
        const expected = { code, message: expect.stringContaining(words) };
        await expect(driverWith(options).checkForSetup()).rejects.toMatchObject(expected);
      }
    });
  });
});

/**
 * Before which commands the deletion of each clone dies: noting the hold, emptying, untying, releasing the hold (twice),
 * and then, once the last clone takes along the source, before either is removed.
 */
const deletionDeaths = [[2], [3], [4], [5], [6, 7]];

/** A step that gets no further than `commands - 1` commands: each of them looks at its signal once. */
function dyingBefore(commands: number): StepContext {
  let begun = 0;
  const step = newStep();
  return {
    ...step,
    get signal() {
      begun += 1;
      return begun < commands ? step.signal : AbortSignal.abort(new Error('died'));
    },
  };
}

const noIscsi = {} as Connector;
