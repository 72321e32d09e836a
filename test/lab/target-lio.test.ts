// The LIO target in the lab VM's kernel, asked by this machine's initiator: the same promises as of tgt, and its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TargetDriver } from '../../drivers/target/target.ts';
import { newStep } from '../driver/support/step.ts';
import { newChap, promisesOfTargets, type TargetMachine } from '../driver/support/target-conformance.ts';
import { whyNoIscsi } from '../driver/support/tgtd.ts';
import { startLabVm, type LabVm } from './vm/lab-vm.ts';
import { whyNoLab } from './vm/probe.ts';

const reason = (await whyNoLab()) ?? (await whyNoIscsi());
const mib = 1024 ** 2;
const port = 3260;
/** The VM's own address. */
const address = '10.0.2.15';

describe.skipIf(reason !== null)('in the lab VM', () => {
  let vm: LabVm;
  let target: TargetDriver;
  beforeAll(async () => {
    vm = await startLabVm({ modules: ['loop'], forward: [port] });
    const guest = await vm.load<{ makeLio(options: object): Promise<TargetDriver> }>('test/lab/guest/target-guest.ts');
    target = await guest.makeLio({ target_ip_address: address });
    await target.checkForSetup();
  });
  afterAll(() => vm?.stop());

  const reach: TargetMachine['reach'] = (connection) => ({
    ...connection,
    data: { ...connection.data, target_portal: `127.0.0.1:${vm.forwarded.get(port)}` },
  });
  const read: TargetMachine['read'] = (path, position, length) => vm.files.readAt(path, position, length);
  const newFile = async (volumeId: string, sizeBytes: number): Promise<string> => {
    await vm.mustExec(['truncate', '-s', String(sizeBytes), `/run/volume-${volumeId}`]);
    return `/run/volume-${volumeId}`;
  };

  describe('LIO with block devices', () => {
    const machine: TargetMachine = {
      async newBacking(volumeId, sizeBytes) {
        const file = await newFile(volumeId, sizeBytes);
        return { path: (await vm.mustExec(['losetup', '--find', '--show', file])).trim(), kind: 'block' };
      },
      read,
      async grow(path, sizeBytes) {
        const file = (await vm.mustExec(['losetup', '--noheadings', '--output', 'BACK-FILE', path])).trim();
        await vm.mustExec(['truncate', '-s', String(sizeBytes), file]);
        await vm.mustExec(['losetup', '--set-capacity', path]);
      },
      reach,
    };
    promisesOfTargets(() => ({ target, directory: '/run', machine }));
  });

  describe('LIO', () => {
    const export1 = async () => {
      const volumeId = '6fd2e7ff-6d8f-4d6e-9f0e-0c1b0a4dd001';
      const path = { path: await newFile(volumeId, 32 * mib), kind: 'file' as const };
      return { volumeId, path, chap: newChap(), readonly: false };
    };

    it('makes anew what was left half-made, and leaves nothing in the kernel when it is removed', async () => {
      const request = await export1();
      const group = `/sys/kernel/config/target/iscsi/iqn.2010-10.org.openstack:volume-${request.volumeId}/tpgt_1`;
      await vm.mustExec(['mkdir', '-p', `${group}/lun/lun_1`, `${group}/np/${address}:${port}`]);
      await target.exportVolume(newStep(), request);
      expect(await vm.mustExec(['cat', `${group}/enable`])).toBe('1\n');
      expect(await vm.mustExec(['cat', `${group}/auth/userid`])).toBe(`${request.chap.username}\n`);
      await target.removeExport(newStep(), request.volumeId);
      const left = await vm.mustExec(['find', '/sys/kernel/config/target', '-name', `*${request.volumeId}*`]);
      expect(left).toBe('');
    });

    it('shows a file that has grown at its new size', async () => {
      const request = await export1();
      await target.exportVolume(newStep(), request);
      await vm.mustExec(['truncate', '-s', '64M', request.path.path]);
      await target.refreshSize(newStep(), request.volumeId);
      const info = `/sys/kernel/config/target/core/fileio_0/volume-${request.volumeId}/info`;
      expect(await vm.mustExec(['cat', info])).toContain(`Size: ${64 * mib}`);
      await target.removeExport(newStep(), request.volumeId);
    });

    it('exports again after the kernel has forgotten everything, under the same name', async () => {
      const request = await export1();
      const first = await target.exportVolume(newStep(), request);
      await target.removeExport(newStep(), request.volumeId);
      expect(await target.exportVolume(newStep(), request)).toEqual(first);
      await target.removeExport(newStep(), request.volumeId);
    });
  });
});
