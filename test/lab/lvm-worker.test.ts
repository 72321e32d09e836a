// From POST /volumes to a logical volume: the real API on the host, the real volume worker in the lab VM, killed on the way.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../drivers/connector/connector.ts';
import type { TargetDriver } from '../../drivers/target/target.ts';
import { newStep } from '../driver/support/step.ts';
import { eventually } from '../support/eventually.ts';
import { initiatorModules, initiatorName, leftOfInitiator, startInitiator } from './support/initiator.ts';
import { startControlPlane, type ControlPlane } from './support/control-plane.ts';
import { vmWorker, type VmWorker } from './support/vm-worker.ts';
import { startLabVm, type LabVm } from './vm/lab-vm.ts';
import { whyNoLab } from './vm/probe.ts';

const reason = await whyNoLab({ lvcreate: 'lvm2' });
const mib = 1024 ** 2;

const backends = `
[DEFAULT]
enabled_backends = lvm-1
host = labvm
[lvm-1]
volume_driver = cinder.volume.drivers.lvm.LVMVolumeDriver
volume_group = lab
lvm_type = default
volume_clear_size = 32
target_helper = lioadm
target_ip_address = 127.0.0.1
`;

describe.skipIf(reason !== null)('a volume on LVM', () => {
  let vm: LabVm;
  let plane: ControlPlane;
  let worker: VmWorker;
  let id: string;

  beforeAll(async () => {
    plane = await startControlPlane();
    vm = await startLabVm({ disks: ['8G'], modules: ['dm-mod', 'dm-snapshot', ...initiatorModules] });
    await startInitiator(vm);
    await vm.mustExec(['vgcreate', 'lab', '/dev/vda']);
    worker = await vmWorker(vm, plane, backends);
    await worker.start();
  });
  afterAll(async () => {
    await vm?.stop();
    await plane?.stop();
  });

  const create = async (wish: object): Promise<string> => {
    const { status, body } = await plane.call('POST', 'volumes', { volume: { size: 1, ...wish } });
    expect(status, JSON.stringify(body)).toBe(202);
    return String(body['volume'].id);
  };
  const lvs = async (): Promise<string[]> =>
    (await vm.mustExec(['lvs', '--noheadings', '-o', 'lv_name', 'lab']))
      .split('\n')
      .flatMap((line) => line.trim() || []);
  const path = (volumeId: string): string => `/dev/lab/volume-${volumeId}`;

  it('is a logical volume with our marks once it is available', async () => {
    id = await create({ name: 'first' });
    const shown = await plane.settled(`volumes/${id}`, 'available');
    expect(shown['os-vol-host-attr:host']).toBe('labvm@lvm-1#lvm-1');
    const tags = await vm.mustExec([
      'lvs',
      '--noheadings',
      '-o',
      'lv_size,lv_tags',
      '--units',
      'b',
      `lab/volume-${id}`,
    ]);
    expect(tags).toMatch(/1073741824B/);
    expect(tags).toContain(`scoria.volume=${id}`);
  });

  it('holds what dd wrote to the initiator’s disk, is exported again after a restart, and a detach leaves nothing', async () => {
    const guest = await vm.load<{ makeConnector(options: object): Promise<Connector> }>(
      'test/lab/guest/connector-guest.ts',
    );
    const connector = await guest.makeConnector({ host: 'labvm' });
    const wish = { volume_uuid: id, connector: { initiator: initiatorName, host: 'labvm', ip: '127.0.0.1' } };
    const { status, body } = await plane.call('POST', 'attachments', { attachment: wish });
    expect(status, JSON.stringify(body)).toBe(200);
    const { attachment } = body;
    const {
      driver_volume_type,
      auth_username: username,
      auth_password: password,
      ...data
    } = attachment.connection_info;
    const connection = { driver_volume_type, data };
    const { path: disk } = await connector.connect(newStep(), id, connection, { username, password });
    await vm.mustExec(['dd', 'if=/dev/urandom', `of=${disk}`, 'bs=1M', 'count=8', 'oflag=direct', 'conv=fsync']);
    const digest = (device: string): Promise<string> =>
      vm.mustExec(['sh', '-c', `dd if=${device} bs=1M count=8 iflag=direct 2>/dev/null | sha256sum`]);
    expect(await digest(path(id))).toBe(await digest(disk));
    await connector.disconnect(newStep(), id, connection);
    expect(await leftOfInitiator(vm)).toBe('');

    expect((await plane.call('POST', `attachments/${attachment.id}/action`, { 'os-complete': {} })).status).toBe(204);
    await worker.kill();
    const targets = await vm.load<{ makeLio(options: object): Promise<TargetDriver> }>(
      'test/lab/guest/target-guest.ts',
    );
    const target = await targets.makeLio({ target_ip_address: '127.0.0.1' });
    await target.removeExport(newStep(), id);
    await worker.start();
    expect(await target.listExports(), 'after the kernel had forgotten it').toEqual([id]);

    expect((await plane.call('DELETE', `attachments/${attachment.id}`)).status).toBe(200);
    await plane.settled(`volumes/${id}`, 'available');
    expect(await vm.mustExec(['find', '/sys/kernel/config/target', '-name', `*${id}*`])).toBe('');
  });

  it('is whole though its worker was killed between lvcreate and the next step', async () => {
    const second = create({ name: 'second' });
    await worker.killWhen(`[ $(ls /dev/lab | wc -l) -gt 1 ]`);
    await worker.start();
    await plane.settled(`volumes/${await second}`, 'available');
    expect(await lvs()).toEqual([`volume-${id}`, `volume-${await second}`].toSorted());
    await plane.call('DELETE', `volumes/${await second}`);
    await plane.gone(`volumes/${await second}`);
    expect(await lvs()).toEqual([`volume-${id}`]);
  });

  it('is copied whole though its worker was killed in the middle, and nothing of the half copy is left', async () => {
    const data = randomBytes(mib);
    for (const position of [0, 900 * mib]) await vm.files.writeAt(path(id), position, data);
    const clone = await create({ source_volid: id });
    await worker.killWhen(`pgrep -x dd > /dev/null`);
    await eventually(async () => {
      // The kernel ends the copying with the worker: it would go on writing under the next one's feet.
      expect((await vm.exec(['pgrep', '-x', 'dd'])).stdout).toBe('');
    });
    expect((await vm.mustExec(['lvs', '--noheadings', '-o', 'lv_tags', `lab/volume-${clone}`])).trim()).toContain(
      'half-made',
    );
    await worker.start();
    await plane.settled(`volumes/${clone}`, 'available');
    for (const position of [0, 900 * mib]) {
      expect((await vm.files.readAt(path(clone), position, mib)).equals(data)).toBe(true);
    }
    expect(await lvs()).toEqual([`volume-${clone}`, `volume-${id}`].toSorted());
    await plane.call('DELETE', `volumes/${clone}`);
    await plane.gone(`volumes/${clone}`);
  });

  it('has snapshots, and is deleted so that nothing is left anywhere', async () => {
    const { body } = await plane.call('POST', 'snapshots', { snapshot: { volume_id: id, name: 'monday' } });
    const snapshotId = String(body['snapshot'].id);
    await plane.settled(`snapshots/${snapshotId}`, 'available');
    expect(await lvs()).toEqual([`_snapshot-${snapshotId}`, `volume-${id}`]);
    await plane.call('DELETE', `snapshots/${snapshotId}`);
    await plane.gone(`snapshots/${snapshotId}`);
    await plane.call('DELETE', `volumes/${id}`);
    await plane.gone(`volumes/${id}`);
    expect(await lvs()).toEqual([]);
    expect((await vm.mustExec(['dmsetup', 'ls'])).trim()).toBe('No devices found');
    await plane.nothingHeld();
  });
});
