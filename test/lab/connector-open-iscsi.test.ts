// The kernel's own initiator in the lab VM, against tgt and LIO: a volume's bytes as a disk, and nothing left afterwards.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../drivers/connector/connector.ts';
import type { ConnectionInfo, ExportRequest, TargetDriver } from '../../drivers/target/target.ts';
import { newStep } from '../driver/support/step.ts';
import { newChap } from '../driver/support/target-conformance.ts';
import { initiatorModules, initiatorName, leftOfInitiator, startInitiator } from './support/initiator.ts';
import { startLabVm, type LabVm } from './vm/lab-vm.ts';
import { whyNoLab } from './vm/probe.ts';

const reason = await whyNoLab({ iscsiadm: 'open-iscsi', iscsid: 'open-iscsi', tgtd: 'tgt' });
const mib = 1024 ** 2;

interface Targets {
  makeTgt(options: object): Promise<TargetDriver>;
  makeLio(options: object): Promise<TargetDriver>;
}

describe.skipIf(reason !== null)('the connector open-iscsi', () => {
  let vm: LabVm;
  let connector: Connector;
  const targets: Record<string, TargetDriver> = {};

  beforeAll(async () => {
    vm = await startLabVm({ modules: [...initiatorModules] });
    await startInitiator(vm);
    await vm.mustExec(['sh', '-c', 'mkdir -p /run/tgt && tgtd --iscsi portal=127.0.0.1:3261 > /run/tgtd.log 2>&1']);
    const guest = await vm.load<Targets>('test/lab/guest/target-guest.ts');
    targets['tgt'] = await guest.makeTgt({ target_ip_address: '127.0.0.1', target_port: 3261 });
    targets['LIO'] = await guest.makeLio({ target_ip_address: '127.0.0.1' });
    await targets['LIO'].checkForSetup();
    const made = await vm.load<{ makeConnector(options: object): Promise<Connector> }>(
      'test/lab/guest/connector-guest.ts',
    );
    connector = await made.makeConnector({ host: 'labvm', my_ip: '10.0.2.15' });
  });
  afterAll(() => vm?.stop());

  const exported = async (target: TargetDriver): Promise<{ request: ExportRequest; connection: ConnectionInfo }> => {
    const volumeId = randomUUID();
    const path = { path: `/run/volume-${volumeId}`, kind: 'file' as const };
    await vm.mustExec(['truncate', '-s', '32M', path.path]);
    const request = { volumeId, path, chap: newChap(), readonly: false };
    return { request, connection: await target.exportVolume(newStep(), request) };
  };

  it('says what os-brick says of a host', async () => {
    expect(await connector.properties()).toEqual({
      initiator: initiatorName,
      host: 'labvm',
      ip: '10.0.2.15',
      multipath: false,
      platform: 'x86_64',
      os_type: 'linux',
    });
  });

  it.each(['tgt', 'LIO'])('makes a volume of %s a disk of this host, and leaves nothing', async (name) => {
    const target = targets[name] as TargetDriver;
    const { request, connection } = await exported(target);
    const { path } = await connector.connect(newStep(), request.volumeId, connection, request.chap);
    expect(path).toMatch(/^\/dev\/sd[a-z]$/);
    const data = randomBytes(mib);
    await vm.files.writeAt(path, 7 * mib, data);
    expect(await connector.connect(newStep(), request.volumeId, connection, request.chap), 'twice as once').toEqual({
      path,
    });
    await connector.disconnect(newStep(), request.volumeId, connection);
    expect((await vm.files.readAt(request.path.path, 7 * mib, mib)).equals(data)).toBe(true);
    await connector.disconnect(newStep(), request.volumeId, connection);
    expect(await leftOfInitiator(vm)).toBe('');
    await target.removeExport(newStep(), request.volumeId);
  });

  it('is refused with a wrong secret, says so without it, and leaves nothing', async () => {
    const target = targets['LIO'] as TargetDriver;
    const { request, connection } = await exported(target);
    const wrong = { ...newChap(), username: request.chap?.username ?? '' };
    const error: unknown = await connector
      .connect(newStep(), request.volumeId, connection, wrong)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PermissionDenied', message: expect.stringContaining('CHAP') });
    expect(String(error)).not.toContain(wrong.password);
    expect(await leftOfInitiator(vm)).toBe('');
    await target.removeExport(newStep(), request.volumeId);
  });

  it('stays logged in while another volume of the same target is in use, and lets no mounted disk go', async () => {
    const iqn = 'iqn.2010-10.org.example:shared';
    const tgtadm = (...args: string[]) => vm.mustExec(['tgtadm', '--lld', 'iscsi', ...args]);
    await tgtadm('--op', 'new', '--mode', 'target', '--tid', '77', '-T', iqn);
    for (const lun of ['1', '2']) {
      await vm.mustExec(['truncate', '-s', '32M', `/run/shared-${lun}`]);
      await tgtadm('--op', 'new', '--mode', 'logicalunit', '--tid', '77', '--lun', lun, '-b', `/run/shared-${lun}`);
    }
    await tgtadm('--op', 'bind', '--mode', 'target', '--tid', '77', '-I', 'ALL');
    const lun = (target_lun: number): ConnectionInfo => ({
      driver_volume_type: 'iscsi',
      data: { target_portal: '127.0.0.1:3261', target_iqn: iqn, target_lun },
    });
    const [first, second] = [randomUUID(), randomUUID()];
    await connector.connect(newStep(), first, lun(1), null);
    const { path } = await connector.connect(newStep(), second, lun(2), null);
    await connector.disconnect(newStep(), first, lun(1));
    await vm.mustExec(['sh', '-c', `mke2fs -q ${path} && mkdir -p /run/mnt && mount -t ext4 ${path} /run/mnt`]);
    await expect(connector.disconnect(newStep(), second, lun(2))).rejects.toMatchObject({ code: 'Busy' });
    await vm.mustExec(['umount', '/run/mnt']);
    await connector.disconnect(newStep(), second, lun(2));
    expect(await leftOfInitiator(vm)).toBe('');
    await tgtadm('--op', 'delete', '--mode', 'target', '--force', '--tid', '77');
  });
});
