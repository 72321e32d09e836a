// The instance driver `libvirt` with a real libvirtd, a real guest under TCG and a real tgtd. All of it in one file,
// because guests are heavy: only one runs at a time.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gibToBytes } from '../../domain/bytes.ts';
import { defineSecret } from '../../drivers/connector/libvirt/secret.ts';
import { startLibvirtd } from '../../workers/embedded/libvirtd.ts';
import { eventually } from '../support/eventually.ts';
import { sha256Of } from './support/file-digest.ts';
import {
  guestXml,
  libvirtCache,
  libvirtTestHost,
  sparseFile,
  whyNoInstances,
  type LibvirtTestHost,
} from './support/libvirt-host.ts';
import { newStep } from './support/step.ts';

const reason = await whyNoInstances();
const mib = 1024 ** 2;

describe.skipIf(reason !== null)('the instance driver libvirt', { timeout: 60_000 }, () => {
  let host: LibvirtTestHost;
  const plugged = new Set<string>();
  beforeAll(async () => {
    host = await libvirtTestHost();
  }, 120_000);
  afterAll(() => host?.remove(), 60_000);
  afterEach(async () => {
    for (const volumeId of plugged) await host.driver().unplugVolume(newStep(), host.guestId, volumeId);
    plugged.clear();
  }, 60_000);

  const exported = async (sizeBytes?: number) => {
    const volume = await host.newVolume(sizeBytes);
    plugged.add(volume.request.volumeId);
    return volume;
  };
  const inGuest = async (command: string): Promise<string> => {
    const { output, exitCode } = await host.shell.run(command);
    expect(exitCode, output).toBe(0);
    return output.trim();
  };
  const guestDisks = (): Promise<string> => inGuest('cd /sys/block; echo vd*');
  const virsh = (...words: string[]): Promise<string> => host.libvirtd.virsh.run(...words);
  const dump = (...flags: string[]): Promise<string> => virsh('dumpxml', host.guestId, ...flags);
  const secrets = async (): Promise<string> => (await virsh('secret-list')).trim();

  it('gives a running guest a disk whose bytes are the volume’s own, and takes it away again', async () => {
    const { request, path } = await exported();
    expect(await host.driver().plugVolume(newStep(), request)).toEqual({ device: '/dev/vdb' });
    await eventually(async () => expect(await guestDisks()).toBe('vda vdb'));
    const digest = await inGuest(
      'dd if=/dev/urandom of=/tmp/x bs=1M count=4 2>/dev/null; dd if=/tmp/x of=/dev/vdb bs=1M conv=fsync 2>/dev/null; sha256sum < /tmp/x',
    );
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    expect(await guestDisks()).toBe('vda');
    expect(await sha256Of(path, 4 * mib)).toBe(digest.split(' ')[0]);
    expect(await dump()).not.toContain(request.volumeId);
    expect(await dump('--inactive')).not.toContain(request.volumeId);
    expect(await secrets()).toBe('');
  });

  it('keeps the password out of the definition, the command lines’ files and every error', async () => {
    const { request, chap } = await exported();
    await host.driver().plugVolume(newStep(), request);
    expect(await dump('--security-info')).not.toContain(chap.password);
    expect(await readdir(join(host.directory, 'virsh'))).toEqual([]);
  });

  it('answers a second plug with the first one’s device, and takes a second unplug for success', async () => {
    const { request } = await exported();
    const device = await host.driver().plugVolume(newStep(), { ...request, device: '/dev/vdf' });
    expect(device).toEqual({ device: '/dev/vdf' });
    expect(await host.driver().plugVolume(newStep(), request)).toEqual(device);
    await eventually(async () => expect(await guestDisks()).toBe('vda vdb'));
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    expect(await guestDisks()).toBe('vda');
  });

  it('gives volumes that are plugged at the same moment devices of their own', async () => {
    const volumes = [await exported(), await exported(), await exported()];
    const answers = await Promise.all(volumes.map(({ request }) => host.driver().plugVolume(newStep(), request)));
    expect(answers.map(({ device }) => device).toSorted()).toEqual(['/dev/vdb', '/dev/vdc', '/dev/vdd']);
    await eventually(async () => expect(await guestDisks()).toBe('vda vdb vdc vdd'));
  });

  it('refuses a device that is in use, and an instance that is not there', async () => {
    const { request } = await exported();
    await expect(host.driver().plugVolume(newStep(), { ...request, device: '/dev/vda' })).rejects.toMatchObject({
      code: 'AttachRefused',
    });
    const elsewhere = { ...request, instanceId: randomUUID() };
    await expect(host.driver().plugVolume(newStep(), elsewhere)).rejects.toThrow(
      expect.objectContaining({
        code: 'AttachRefused',
        message: expect.stringContaining('no such instance on this compute host'),
      }),
    );
    await host.driver().unplugVolume(newStep(), elsewhere.instanceId, request.volumeId);
  });

  it('says that the target refused a wrong password, shows it nowhere, and leaves nothing plugged', async () => {
    const { request, chap } = await exported();
    const wrong = { ...request, chap: { ...chap, password: randomBytes(8).toString('hex') } };
    const error = await host
      .driver()
      .plugVolume(newStep(), wrong)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'PermissionDenied', message: expect.stringContaining('refused the volume') });
    expect(String(error)).not.toContain(wrong.chap.password);
    expect(await dump()).not.toContain(request.volumeId);
    expect(await dump('--inactive')).not.toContain(request.volumeId);
    expect(await host.driver().plugVolume(newStep(), request)).toEqual({ device: '/dev/vdb' });
  });

  it('says that a target which is gone cannot be reached', async () => {
    const { request } = await exported();
    const nowhere = {
      ...request,
      connection: { ...request.connection, data: { ...request.connection.data, target_portal: '127.0.0.1:1' } },
    };
    await expect(host.driver().plugVolume(newStep(), nowhere)).rejects.toThrow(
      expect.objectContaining({
        code: 'Unreachable',
        message: expect.stringContaining('127.0.0.1:1: connect ECONNREFUSED'),
      }),
    );
    await host.target.removeExport(newStep(), request.volumeId);
    await expect(host.driver().plugVolume(newStep(), request)).rejects.toMatchObject({ code: 'Unreachable' });
  });

  it.each([
    ['definition', '--config'],
    ['running guest', '--live'],
  ])('finishes a plug that died before the disk was in the %s, and an unplug likewise', async (_where, place) => {
    const { request } = await exported();
    const { device } = await host.driver().plugVolume(newStep(), request);
    await eventually(async () => expect(await guestDisks()).toBe('vda vdb'));
    await virsh('detach-disk', host.guestId, 'vdb', place);
    const where = place === '--config' ? ['--inactive'] : [];
    await eventually(async () => expect(await dump(...where)).not.toContain(request.volumeId));
    expect(await host.driver().plugVolume(newStep(), request)).toEqual({ device });
    expect(await dump()).toContain(request.volumeId);
    expect(await dump('--inactive')).toContain(request.volumeId);
    await virsh('detach-disk', host.guestId, 'vdb', place);
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    expect(await dump()).not.toContain(request.volumeId);
    expect(await dump('--inactive')).not.toContain(request.volumeId);
    expect(await secrets()).toBe('');
  });

  it('finishes a plug that died after the secret was stored, and clears up after one that never went on', async () => {
    const { request, chap } = await exported();
    const on = { connectionUri: host.libvirtd.connectionUri, workDirectory: join(host.directory, 'virsh') };
    await defineSecret(on, { instanceId: host.guestId, volumeId: request.volumeId }, chap.password, {});
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    expect(await secrets()).toBe('');
    await defineSecret(on, { instanceId: host.guestId, volumeId: request.volumeId }, 'an old value', {});
    expect(await host.driver().plugVolume(newStep(), request)).toEqual({ device: '/dev/vdb' });
  });

  it('says that a libvirtd which was killed does not answer, and goes on with the same guest when it is back', async () => {
    const { request } = await exported();
    const { device } = await host.driver().plugVolume(newStep(), request);
    host.libvirtd.daemon.kill();
    await host.libvirtd.daemon.exited;
    await expect(host.driver().unplugVolume(newStep(), host.guestId, request.volumeId)).rejects.toMatchObject({
      code: 'Unreachable',
    });
    await expect(host.driver().checkForSetup()).rejects.toMatchObject({ code: 'Unreachable' });
    await host.restartLibvirtd();
    await host.driver().checkForSetup();
    expect(await host.driver().plugVolume(newStep(), request)).toEqual({ device });
    expect(await inGuest('dd if=/dev/vdb of=/dev/null bs=1M count=1 2>/dev/null && echo read')).toBe('read');
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    expect(await guestDisks()).toBe('vda');
  });

  it('says which guest does not let go, and finishes once it does', async () => {
    const { request } = await exported();
    await host.driver().plugVolume(newStep(), request);
    await eventually(async () => expect(await guestDisks()).toBe('vda vdb'));
    await virsh('suspend', host.guestId);
    expect(await host.driver().listInstances()).toEqual([
      expect.objectContaining({ id: host.guestId, status: 'PAUSED' }),
    ]);
    await expect(host.driver(500).unplugVolume(newStep(), host.guestId, request.volumeId)).rejects.toThrow(
      expect.objectContaining({ code: 'Busy', message: expect.stringContaining('does not let go of volume') }),
    );
    await virsh('resume', host.guestId);
    await host.driver().unplugVolume(newStep(), host.guestId, request.volumeId);
    expect(await guestDisks()).toBe('vda');
  });

  it('stops waiting for a guest when its step is cancelled', async () => {
    const { request } = await exported();
    await host.driver().plugVolume(newStep(), request);
    await virsh('suspend', host.guestId);
    const cancel = new AbortController();
    const waiting = host.driver().unplugVolume(newStep({ signal: cancel.signal }), host.guestId, request.volumeId);
    cancel.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow();
    await virsh('resume', host.guestId);
  });

  it('shows a running guest the new size of a volume that has grown', async () => {
    const { request, path } = await exported(gibToBytes(1));
    await host.driver().plugVolume(newStep(), request);
    await eventually(async () => expect(await guestDisks()).toBe('vda vdb'));
    await expect(host.driver().resizeVolume(newStep(), host.guestId, request.volumeId, 2)).rejects.toMatchObject({
      code: 'Busy',
    });
    await truncate(path, gibToBytes(2));
    await host.target.refreshSize(newStep(), request.volumeId);
    for (const _attempt of [1, 2]) await host.driver().resizeVolume(newStep(), host.guestId, request.volumeId, 2);
    await eventually(async () => expect(await inGuest('blockdev --getsize64 /dev/vdb')).toBe(String(gibToBytes(2))));
    expect(
      await inGuest(
        'echo grown | dd of=/dev/vdb bs=1M seek=2047 conv=sync 2>/dev/null && dd if=/dev/vdb bs=1M skip=2047 2>/dev/null | head -n1',
      ),
    ).toBe('grown');
  });

  it('lets a guest read but not write a volume that is plugged read-only', async () => {
    const { request } = await exported();
    await host.driver().plugVolume(newStep(), { ...request, readonly: true });
    await eventually(async () => expect(await inGuest('cat /sys/block/vdb/ro')).toBe('1'));
  });

  it('plugs a file of this host directly', async () => {
    const volumeId = randomUUID();
    plugged.add(volumeId);
    const device_path = await sparseFile(join(host.directory, "a <local> & 'odd' file"), 8 * mib);
    const connection = { driver_volume_type: 'local' as const, data: { device_path } };
    const request = { instanceId: host.guestId, volumeId, connection, chap: null, device: null, readonly: false };
    expect(await host.driver().plugVolume(newStep(), request)).toEqual({ device: '/dev/vdb' });
    await eventually(async () => expect(await inGuest('cat /sys/block/vdb/size')).toBe(String((8 * mib) / 512)));
  });

  it('changes only the definition of an instance that is off', async () => {
    const instanceId = await host.defineGuest('off');
    const { request } = await exported();
    expect(await host.driver().plugVolume(newStep(), { ...request, instanceId })).toEqual({ device: '/dev/vdb' });
    expect(await host.driver().plugVolume(newStep(), { ...request, instanceId })).toEqual({ device: '/dev/vdb' });
    await host.driver().resizeVolume(newStep(), instanceId, request.volumeId, 1);
    expect(await host.driver().listInstances()).toContainEqual({
      id: instanceId,
      name: 'off',
      status: 'SHUTOFF',
      vcpus: 1,
      memoryMib: 192,
    });
    expect(await virsh('dumpxml', instanceId)).toContain(request.volumeId);
    await host.driver().unplugVolume(newStep(), instanceId, request.volumeId);
    expect(await virsh('dumpxml', instanceId)).not.toContain(request.volumeId);
    await virsh('undefine', instanceId);
    expect(await secrets()).toBe('');
  });

  it('keeps two libvirtds on one machine apart', async () => {
    const other = await startLibvirtd({ directory: join(host.directory, 'other'), cacheDirectory: libvirtCache() });
    try {
      const [, image] = /<kernel>(.*)<\/kernel>/.exec(await dump()) ?? [];
      const files = { kernel: image ?? '', initrd: join(image ?? '', '..', 'initrd') };
      await other.virsh.define(guestXml(host.directory, files, randomUUID(), 'guest'));
      expect(await other.virsh.running()).toEqual([]);
      expect((await other.virsh.run('list', '--all', '--name')).trim()).toBe('guest');
      expect(await host.libvirtd.virsh.running()).toEqual([host.guestId]);
      expect(await guestDisks()).toBe('vda');
    } finally {
      await other.stop();
    }
    expect(await host.libvirtd.virsh.running()).toEqual([host.guestId]);
  });

  it('shuts guests down when it stops, and has their definitions when it starts again', async () => {
    const { request } = await exported();
    await host.driver().plugVolume(newStep(), request);
    host.shell.close();
    await host.libvirtd.stop();
    await host.restartLibvirtd();
    expect(await host.driver().listInstances()).toEqual([
      { id: host.guestId, name: 'guest', status: 'SHUTOFF', vcpus: 1, memoryMib: 192 },
    ]);
    // The volume is still plugged, and its secret still known.
    await virsh('start', host.guestId);
    expect(await dump()).toContain(request.volumeId);
    await virsh('destroy', host.guestId);
  });
});
