// The LVM driver on the real device mapper: thick and thin, through the same promises as every volume driver.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VolumeDriver } from '../../drivers/volume/driver.ts';
import { promisesOfVolumeDrivers } from '../driver/support/volume-conformance.ts';
import { newStep } from '../driver/support/step.ts';
import { startLabVm, type LabVm } from './vm/lab-vm.ts';
import { whyNoLab } from './vm/probe.ts';

const reason = await whyNoLab({ lvcreate: 'lvm2', thin_check: 'thin-provisioning-tools' });
const mib = 1024 ** 2;

describe.skipIf(reason !== null)('in the lab VM', () => {
  let vm: LabVm;
  let lvm: { makeDriver(options: object): Promise<VolumeDriver> };
  beforeAll(async () => {
    vm = await startLabVm({ disks: ['12G'], modules: ['dm-mod', 'dm-snapshot', 'dm-thin-pool'] });
    lvm = await vm.load('test/lab/guest/lvm-guest.ts');
    await vm.mustExec(['vgcreate', 'lab', '/dev/vda']);
  });
  afterAll(() => vm?.stop());

  const removeAll = async (): Promise<void> => void (await vm.mustExec(['lvremove', '--yes', '--force', 'lab']));
  const makeDriver = (options: object): Promise<VolumeDriver> =>
    lvm.makeDriver({ volume_backend_name: 'lvm-1', volume_group: 'lab', volume_clear_size: 8, ...options });

  for (const lvmType of ['default', 'thin']) {
    promisesOfVolumeDrivers(`lvm, lvm_type = ${lvmType}`, async () => ({
      driver: await makeDriver({ lvm_type: lvmType }),
      bytes: vm.files,
      remove: removeAll,
    }));
  }

  describe('the LVM driver', () => {
    let driver: VolumeDriver;
    const volume = { id: randomUUID(), sizeGib: 1 };
    const path = `/dev/lab/volume-${volume.id}`;
    const lvNames = async (): Promise<string> =>
      (await vm.mustExec(['lvs', '-o', 'lv_name', '--noheadings', 'lab'])).trim();

    it('is thick by itself where the group holds other volumes, and makes a pool where it is empty', async () => {
      await vm.mustExec(['lvcreate', '--yes', '-L', '8M', '-n', 'of-the-operator', 'lab']);
      const thick = await makeDriver({});
      await thick.checkForSetup();
      expect(await thick.stats()).toMatchObject([{ thinProvisioning: false, totalGib: 12, poolName: 'lvm-1' }]);
      await removeAll();
      const thin = await makeDriver({ lvm_max_over_subscription_ratio: 3 });
      await thin.checkForSetup();
      expect(await thin.stats()).toMatchObject([{ thinProvisioning: true, maxOverSubscriptionRatio: 3 }]);
      expect(await lvNames()).toBe('lab-pool');
      await removeAll();
    });

    it('says in words that a group is not there or full', async () => {
      const gone = await makeDriver({ volume_group: 'gone', lvm_type: 'default' });
      await expect(gone.checkForSetup()).rejects.toMatchObject({
        code: 'Misconfigured',
        message: expect.stringContaining('volume group gone (option lvm-1.volume_group) is not there'),
      });
      driver = await makeDriver({ lvm_type: 'default', volume_clear_size: 0 });
      await driver.checkForSetup();
      const tooBig = driver.createVolume(newStep(), { id: randomUUID(), sizeGib: 20 }, { kind: 'blank' });
      await expect(tooBig).rejects.toMatchObject({
        code: 'InsufficientSpace',
        message: expect.stringContaining('volume group lab (option lvm-1.volume_group) is full'),
      });
    });

    it('erases a volume, and what a snapshot has kept of it, before their extents are given to others', async () => {
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      const data = randomBytes(2 * mib);
      const snapshot = { id: randomUUID(), volumeId: volume.id, sizeGib: 1 };
      for (const position of [0, 700 * mib]) await vm.files.writeAt(path, position, data);
      await driver.createSnapshot(newStep(), snapshot);
      for (const position of [0, 700 * mib]) await vm.files.writeAt(path, position, randomBytes(2 * mib));
      await vm.files.writeAt(path, 700 * mib, data);
      await driver.deleteSnapshot(newStep(), snapshot);
      const reports: number[] = [];
      const reportProgress = (done: number): void => void reports.push(done);
      await driver.deleteVolume(newStep({ reportProgress }), volume);
      expect(reports.at(-1)).toBe(1024 * mib);
      // Nothing of it is anywhere on the disk: looked for in the VM, 3 GiB are too much to send.
      const script = `const fs = require('fs'); const needles = [${[0, 1024 ** 2]
        .map((at) => `Buffer.from('${data.subarray(at, at + 16).toString('hex')}', 'hex')`)
        .join(',')}]; const fd = fs.openSync('/dev/vda'); const b = Buffer.alloc(4 << 20); let at = 0, n, found = 0;
        while (at < 3 * 2 ** 30 && (n = fs.readSync(fd, b, 0, b.length, at)) > 0) {
          if (needles.some((needle) => b.includes(needle))) found++; at += n; } console.log(at, found);`;
      const { stdout } = await vm.exec([process.execPath, '-e', script], { timeoutMs: 120_000 });
      expect(stdout.trim()).toBe(`${3 * 1024 ** 3} 0`);
      expect(await lvNames()).toBe('');
      expect((await vm.mustExec(['dmsetup', 'ls'])).trim()).toBe('No devices found');
    });

    it('never removes what is not its own', async () => {
      await vm.mustExec(['lvcreate', '--yes', '-L', '8M', '-n', `volume-${volume.id}`, 'lab']);
      await expect(driver.deleteVolume(newStep(), volume)).rejects.toMatchObject({ code: 'NotOurs' });
      expect(await driver.listObjects()).toEqual({ volumeIds: [volume.id], snapshotIds: [] });
      await removeAll();
    });

    it('extends a volume that has snapshots while nobody uses it, and says why not while somebody does', async () => {
      await driver.createVolume(newStep(), volume, { kind: 'blank' });
      const snapshot = { id: randomUUID(), volumeId: volume.id, sizeGib: 1 };
      await driver.createSnapshot(newStep(), snapshot);
      await driver.extendVolume(newStep(), volume, 2);
      expect((await vm.mustExec(['blockdev', '--getsize64', path])).trim()).toBe(String(2 * 1024 ** 3));
      await vm.mustExec(['sh', '-c', `sleep 600 < ${path} > /dev/null 2>&1 & echo $! > /run/user.pid`]);
      await expect(driver.extendVolume(newStep(), volume, 3)).rejects.toMatchObject({
        code: 'Busy',
        message: expect.stringContaining('in use and has snapshots'),
      });
      await expect(driver.deleteVolume(newStep(), volume)).rejects.toMatchObject({ code: 'Busy' });
      await vm.mustExec(['sh', '-c', 'kill $(cat /run/user.pid)']);
      await driver.deleteSnapshot(newStep(), snapshot);
      await driver.deleteVolume(newStep(), volume);
      expect(await lvNames()).toBe('');
    });
  });
});
