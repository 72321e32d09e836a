// NFS on the kernel's own server: volumes and backups on shares, from the API to the files.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChunkedBackupEngine } from '../../drivers/backup/engine.ts';
import type { NfsConnector } from '../../drivers/connector/nfs/driver.ts';
import { mountDirectory } from '../../drivers/nfs/share.ts';
import type { VolumeDriver } from '../../drivers/volume/driver.ts';
import { newBackup } from '../driver/support/backup-subject.ts';
import { newStep } from '../driver/support/step.ts';
import { promisesOfVolumeDrivers } from '../driver/support/volume-conformance.ts';
import { startControlPlane, type ControlPlane } from './support/control-plane.ts';
import { nfsModules, nfsPrograms, startNfsServer, type NfsServer } from './support/nfs-server.ts';
import { vmWorker, type VmWorker } from './support/vm-worker.ts';
import { startLabVm, type LabVm } from './vm/lab-vm.ts';
import { whyNoLab } from './vm/probe.ts';

const reason = await whyNoLab({ ...nfsPrograms, 'qemu-io': 'qemu-utils' });
const mib = 1024 ** 2;

interface Guest {
  readAt(path: string, position: number, length: number): Promise<Buffer>;
  writeAt(path: string, position: number, data: Buffer): Promise<void>;
  size(path: string): Promise<number>;
  makeDriver(options: object): Promise<VolumeDriver>;
  makeConnector(): Promise<NfsConnector>;
  makeBackupEngine(share: string, base: string): Promise<ChunkedBackupEngine>;
}

describe.skipIf(reason !== null)('in the lab VM', () => {
  let vm: LabVm;
  let server: NfsServer;
  let guest: Guest;
  beforeAll(async () => {
    vm = await startLabVm({ modules: [...nfsModules], memoryMib: 2_048 });
    guest = await vm.load<Guest>('test/lab/guest/nfs-guest.ts');
    server = await startNfsServer(vm, ['300M', '300M', '100M']);
    await vm.mustExec(['sh', '-c', `printf '%s\\n' ${server.shares.slice(0, 2).join(' ')} > /run/shares`]);
  });
  afterAll(() => vm?.stop());

  it('a backup on a share is where Cinder puts it, and comes back byte for byte', async () => {
    const share = server.shares[2] ?? '';
    const [source, restored, sizeGib] = ['/run/source', '/run/restored', 1];
    const engine = await guest.makeBackupEngine(share, '/run/backups');
    const fill = `truncate -s 1G ${source} ${restored}; dd if=/dev/urandom of=${source} bs=1M count=5 seek=3 conv=notrunc`;
    await vm.mustExec(['sh', '-c', fill]);
    const backup = newBackup();
    const written = await engine.write(newStep(), { backup, sizeGib, volumeMetadata: {} }, source);
    const container = `${backup.id.slice(0, 2)}/${backup.id.slice(2, 4)}/${backup.id}`;
    const names = await vm.mustExec(['ls', `/run/backups/${mountDirectory(share)}/${container}`]);
    expect(names.trim().split('\n')).toHaveLength(written.objectCount + 2);
    await engine.restore(newStep(), { backup, sizeGib, targetIsBlank: true }, restored);
    await vm.mustExec(['cmp', '-n', String(16 * mib), source, restored]);
    await engine.remove(newStep(), backup);
    expect(await vm.mustExec(['ls', server.directoryOf(share)])).toBe('');
    await engine.close();
  });

  describe('the workers of an NFS back-end', () => {
    let plane: ControlPlane;
    let worker: VmWorker;
    beforeAll(async () => {
      plane = await startControlPlane();
      const [, , backupShare] = server.shares;
      const config = `
[DEFAULT]
enabled_backends = nfs-1
host = labvm
backup_driver = cinder.backup.drivers.nfs.NFSBackupDriver
backup_share = ${backupShare}
backup_file_size = 134217728
[nfs-1]
volume_driver = cinder.volume.drivers.nfs.NfsDriver
nfs_shares_config = /run/shares
nfs_snapshot_support = true
`;
      worker = await vmWorker(vm, plane, config);
      await worker.start();
    });
    afterAll(() => plane?.stop());

    const filesOnShares = async (): Promise<string> =>
      vm.mustExec(['sh', '-c', `cd /run/nfsroot; ls -d share1/volume-* share2/volume-* 2>/dev/null || true`]);

    it('make a volume that is a file on a share, which a connector mounts, and whose bytes are there', async () => {
      const { status, body } = await plane.call('POST', 'volumes', { volume: { size: 1, name: 'on-nfs' } });
      expect(status, JSON.stringify(body)).toBe(202);
      const id = String(body['volume'].id);
      const shown = await plane.settled(`volumes/${id}`, 'available');
      expect(shown['os-vol-host-attr:host']).toBe('labvm@nfs-1#nfs-1');
      expect(await filesOnShares()).toMatch(new RegExp(`^share[12]/volume-${id}\n$`));

      const wish = { volume_uuid: id, connector: { host: 'labvm', ip: '127.0.0.1' } };
      const attached = await plane.call('POST', 'attachments', { attachment: wish });
      expect(attached.status, JSON.stringify(attached.body)).toBe(200);
      const { attachment } = attached.body;
      const { driver_volume_type, mount_point_base, ...data } = attachment.connection_info;
      expect({ driver_volume_type, mount_point_base, ...data }).toMatchObject({
        driver_volume_type: 'nfs',
        mount_point_base: '/run/scoria/mnt',
        export: expect.stringMatching(/^127\.0\.0\.1:\/share[12]$/),
        name: `volume-${id}`,
        format: 'raw',
      });
      const connector = await guest.makeConnector();
      const { path } = await connector.connect(newStep(), id, { driver_volume_type, data });
      const bytes = randomBytes(mib);
      await vm.files.writeAt(path, 9 * mib, bytes);
      const [file = ''] = (await filesOnShares()).split('\n');
      expect((await vm.files.readAt(`/run/nfsroot/${file}`, 9 * mib, mib)).equals(bytes)).toBe(true);
      await connector.disconnect(newStep(), id);
      expect((await plane.call('POST', `attachments/${attachment.id}/action`, { 'os-complete': {} })).status).toBe(204);
      expect((await plane.call('DELETE', `attachments/${attachment.id}`)).status).toBe(200);
      await plane.settled(`volumes/${id}`, 'available');
      await plane.call('DELETE', `volumes/${id}`);
      await plane.gone(`volumes/${id}`);
      expect(await filesOnShares()).toBe('');
      await plane.nothingHeld();
    });
  });

  // One share: with more, each look at a volume asks them all, and a command takes its time in there.
  promisesOfVolumeDrivers('nfs', async () => {
    const [share = ''] = server.shares;
    const [nas_host, nas_share_path] = share.split(':');
    const place = { volume_backend_name: 'nfs-1', nas_host, nas_share_path, nfs_mount_point_base: '/run/mnt' };
    const directory = server.directoryOf(share);
    return {
      driver: await guest.makeDriver({ ...place, nfs_snapshot_support: true }),
      bytes: guest,
      remove: async () => void (await vm.mustExec(['sh', '-c', `rm -rf ${directory}/* ${directory}/.scoria`])),
    };
  });
});
