// A volume's whole life on real bytes, as `scoria demo` tells it: what a tenant and an operator see at each step.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootGuest, eventuallySees, type DemoGuest } from '../../workers/cli/demo/guest.ts';
import { makeKnownFiles, type KnownFiles } from '../../workers/cli/demo/known-files.ts';
import type { Launched } from '../../workers/embedded/launch-options.ts';
import { launch } from '../../workers/embedded/launcher.ts';
import { createVirsh, type EmbeddedVirsh } from '../../workers/embedded/libvirtd-virsh.ts';
import { eventually } from '../support/eventually.ts';
import { Cloud, type Json } from './support/cloud.ts';
import { expectClean, targets, volumeFile } from './support/left-over.ts';
import { whyNoGuest } from './support/probe.ts';

const reason = await whyNoGuest();
const mib = 1024 ** 2;
/** The unit of a block device's size in sysfs. */
const sectorBytes = 512;

describe.skipIf(reason !== null)("a volume's life", () => {
  let scratch: string;
  let launched: Launched | undefined;
  let guest: DemoGuest;
  let cloud: Cloud;
  let virsh: EmbeddedVirsh;
  let files: KnownFiles;
  const ids = { volume: '', snapshot: '', backup: '', restored: '' };

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'scoria-life-'));
    const anyPorts = { apiPort: 0, temporalPort: 0, temporalUiPort: 0, postgresPort: 0 };
    const quiet = { say: () => {}, signal: new AbortController().signal };
    launched = await launch({ stateDir: join(scratch, 'state'), configFile: null, ...anyPorts, ...quiet });
    cloud = await Cloud.at(launched.facts);
    const libvirtUri = String(launched.facts.libvirtUri);
    virsh = createVirsh(libvirtUri);
    await mkdir(join(scratch, 'known'));
    files = await makeKnownFiles(join(scratch, 'known'));
    guest = await bootGuest(libvirtUri, files.imagePath, () => {});
  });

  afterAll(async () => {
    await guest?.remove();
    await launched?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  const inGuest = (command: string): Promise<string> => guest.run(command);

  /** Digest of the part of vdb that the image covers, read past the guest's cache. */
  async function digestInGuest(): Promise<string> {
    await inGuest('sync; echo 3 > /proc/sys/vm/drop_caches');
    const printed = await inGuest(`dd if=/dev/vdb bs=1M count=${files.imageSizeMib} 2>/dev/null | sha256sum`);
    return printed.split(' ')[0] ?? '';
  }

  /** The definitions of vdb in the running instance and in the one that its next start will have; null = none. */
  async function disks(): Promise<readonly (string | null)[]> {
    const xmls = [await virsh.run('dumpxml', guest.id), await virsh.run('dumpxml', '--inactive', guest.id)];
    return xmls.map((xml) => xml.match(/<disk [\s\S]*?<\/disk>/g)?.find((disk) => disk.includes("dev='vdb'")) ?? null);
  }

  async function attach(volumeId: string): Promise<void> {
    await cloud.openstack('server', 'add', 'volume', guest.name, volumeId);
    await cloud.succeeded(volumeId);
    await eventuallySees(guest, 'vdb');
  }

  async function detach(volumeId: string): Promise<void> {
    await cloud.openstack('server', 'remove', 'volume', guest.name, volumeId);
    await cloud.succeeded(volumeId);
    expect(await inGuest('cat /proc/partitions')).not.toContain('vdb');
    expect(await disks()).toEqual([null, null]);
    expect(await targets(cloud)).toEqual([]);
  }

  test('the running instance is a server that openstack lists', async () => {
    const found = await eventually(async () => {
      const servers = await cloud.ask<Json[]>('server', 'list');
      expect(servers).toHaveLength(1);
      return servers[0];
    });
    expect(found).toMatchObject({ ID: guest.id, Name: guest.name, Status: 'ACTIVE' });
  });

  test('a volume is created and becomes available', async () => {
    ids.volume = String((await cloud.ask('volume', 'create', '--size', '1', 'life'))['id']);
    await cloud.succeeded(ids.volume);
    expect(await cloud.volume(ids.volume)).toMatchObject({ status: 'available', size: 1, attachments: [] });
  });

  test('attached, it is vdb in the running instance and in its definition, over iSCSI with CHAP', async () => {
    await attach(ids.volume);
    expect(await cloud.volume(ids.volume)).toMatchObject({
      status: 'in-use',
      attachments: [{ server_id: guest.id, device: '/dev/vdb', volume_id: ids.volume }],
    });
    const iqn = `iqn.2010-10.org.openstack:volume-${ids.volume}`;
    expect(await targets(cloud)).toEqual([iqn]);
    for (const disk of await disks()) {
      expect(disk).toMatch(new RegExp(`<source protocol='iscsi' name='${iqn}/\\d+'`));
      expect(disk).toMatch(/<auth username='[^']+'>\s*<secret type='iscsi' uuid='[0-9a-f-]{36}'/);
      expect(disk).toContain(`<serial>${ids.volume}</serial>`);
    }
    const own = await cloud.call('DELETE', `/volumes/${ids.volume}`);
    expect(own.status, 'a volume in use cannot be deleted').toBe(400);
  });

  test('what the instance writes is in the volume', async () => {
    await inGuest('dd if=/dev/vda of=/dev/vdb bs=1M 2>/dev/null && sync');
    expect(await digestInGuest()).toBe(files.imageSha256);
    expect(await digestOf(volumeFile(cloud, ids.volume), files.imageSizeMib * mib)).toBe(files.imageSha256);
  });

  test('it is snapshotted and backed up with --force while it stays attached', async () => {
    const snapshot = ['volume', 'snapshot', 'create', '--volume', ids.volume, 'life-snapshot'];
    ids.snapshot = String((await cloud.ask(...snapshot))['id']);
    await cloud.succeeded(ids.snapshot);
    const refused = await cloud.call('POST', '/backups', { backup: { volume_id: ids.volume, name: 'no force' } });
    expect(refused.status, 'a volume in use needs --force').toBe(400);
    const backup = ['volume', 'backup', 'create', '--force', '--name', 'life-backup', ids.volume];
    ids.backup = String((await cloud.ask(...backup))['id']);
    await cloud.succeeded(ids.backup);
    expect(await cloud.get(`/backups/${ids.backup}`)).toMatchObject({ backup: { status: 'available', size: 1 } });
    expect(await cloud.volume(ids.volume)).toMatchObject({ status: 'in-use' });
    await expectClean(cloud);
  });

  test('data changed afterwards changes neither the snapshot nor the backup', async () => {
    await inGuest('mount -t ext4 /dev/vdb /mnt && rm /mnt/letter.txt');
    await inGuest('dd if=/dev/urandom of=/mnt/random.bin bs=1M count=4 2>/dev/null && sync && umount /mnt');
    expect(await digestInGuest()).not.toBe(files.imageSha256);
    const snapshotFile = join(dirname(volumeFile(cloud, ids.volume)), `snapshot-${ids.snapshot}`);
    expect(await digestOf(snapshotFile, files.imageSizeMib * mib)).toBe(files.imageSha256);
  });

  test('detached, it leaves the instance, its definition and the target; deleted, it leaves the disk', async () => {
    await detach(ids.volume);
    expect(await cloud.volume(ids.volume)).toMatchObject({ status: 'available', attachments: [] });
    await cloud.openstack('volume', 'snapshot', 'delete', ids.snapshot);
    await cloud.succeeded(ids.snapshot);
    await cloud.openstack('volume', 'delete', ids.volume);
    await cloud.succeeded(ids.volume);
    expect((await cloud.call('GET', `/volumes/${ids.volume}`)).status).toBe(404);
    await expectClean(cloud);
  });

  test('restored to a new volume, the bytes are the ones backed up', async () => {
    const answer = await cloud.ask('volume', 'backup', 'restore', ids.backup, 'life-restored');
    ids.restored = String(answer['volume_id']);
    await cloud.succeeded(ids.backup);
    expect(await cloud.volume(ids.restored)).toMatchObject({ status: 'available', size: 1 });
    await attach(ids.restored);
    expect(await digestInGuest()).toBe(files.imageSha256);
    await inGuest('mount -t ext4 -o ro /dev/vdb /mnt');
    const names = [...files.sha256ByName.keys()].map((name) => `/mnt/${name}`);
    const manifest = [...files.sha256ByName].map(([name, sha256]) => `${sha256}  ${name}`).join('\n');
    const read = await inGuest(`sha256sum ${names.join(' ')}`);
    expect(read.replaceAll('/mnt/', '').trim()).toBe(manifest);
    await inGuest('umount /mnt');
  });

  test('extended while it is attached, the running instance sees the larger disk and the same bytes', async () => {
    await cloud.openstack('volume', 'set', '--size', '2', ids.restored);
    await cloud.succeeded(ids.restored);
    expect(await cloud.volume(ids.restored)).toMatchObject({ status: 'in-use', size: 2 });
    await eventually(async () => {
      expect(Number(await inGuest('cat /sys/block/vdb/size')) * sectorBytes).toBe(2 * 1024 * mib);
    });
    expect(await digestInGuest()).toBe(files.imageSha256);
    await detach(ids.restored);
  });

  test('at the end nothing is left: no target, file, row, quota or capacity', async () => {
    await cloud.openstack('volume', 'delete', ids.restored);
    await cloud.openstack('volume', 'backup', 'delete', ids.backup);
    await cloud.succeeded(ids.restored);
    await cloud.succeeded(ids.backup);
    expect(await targets(cloud)).toEqual([]);
    await expectClean(cloud);
    expect(await cloud.get('/volumes/detail')).toEqual({ volumes: [] });
    expect(await cloud.get('/backups/detail')).toEqual({ backups: [] });
    const { volumes, gigabytes, snapshots, backups } = await quotaInUse(cloud);
    expect({ volumes, gigabytes, snapshots, backups }).toEqual({ volumes: 0, gigabytes: 0, snapshots: 0, backups: 0 });
    const operations = await cloud.operations();
    expect(operations.map(({ kind, state }) => `${kind} ${state}`).toReversed()).toEqual(wholeLife);
  });

  test('each operation is found in Temporal by its resource and read in plain words', async () => {
    const connection = await Connection.connect({ address: cloud.facts.temporalAddress });
    const temporal = new Client({ connection, namespace: cloud.facts.temporalNamespace });
    try {
      for (const operation of await cloud.operations()) {
        const found: string[] = [];
        const query = `ResourceId = "${operation.resource_id}"`;
        for await (const { workflowId } of temporal.workflow.list({ query })) found.push(workflowId);
        expect(found).toContain(operation.workflow_id);
        const handle = temporal.workflow.getHandle(operation.workflow_id);
        const description = await handle.describe();
        expect(description.status.name).toBe('COMPLETED');
        expect(await description.staticSummary()).toMatch(sentences[operation.kind] ?? /nothing/);
        expect(await description.staticSummary()).toContain(operation.resource_id);
        const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
        expect(metadata.currentDetails).toMatch(/^Done: [a-z ]+\.$/);
      }
    } finally {
      await connection.close();
    }
  });
});

/** Every operation of the story, in its order. */
const wholeLife = [
  'volumeCreate succeeded',
  'volumeAttach succeeded',
  'snapshotCreate succeeded',
  'backupCreate succeeded',
  'volumeDetach succeeded',
  'snapshotDelete succeeded',
  'volumeDelete succeeded',
  'backupRestore succeeded',
  'volumeAttach succeeded',
  'volumeExtend succeeded',
  'volumeDetach succeeded',
  'volumeDelete succeeded',
  'backupDelete succeeded',
];

/** How each reads in a list of the Temporal UI. */
const sentences: Readonly<Record<string, RegExp>> = {
  volumeCreate: /^Create .*volume.*, 1 GiB$/i,
  volumeAttach: /^Attach .*volume.*, server /i,
  snapshotCreate: /^Create .*snapshot/i,
  backupCreate: /^(Create .*backup|Back up)/i,
  volumeDetach: /^Detach .*volume.*, server /i,
  snapshotDelete: /^Delete .*snapshot/i,
  volumeDelete: /^Delete .*volume/i,
  backupRestore: /^Restore .*backup/i,
  volumeExtend: /^Extend volume .*, 2 GiB$/,
  backupDelete: /^Delete .*backup/i,
};

async function quotaInUse(cloud: Cloud): Promise<Readonly<Record<string, number>>> {
  const path = `/os-quota-sets/${cloud.facts.projectId}?usage=True`;
  const { quota_set: rows } = await cloud.get<{ quota_set: Record<string, { in_use: number }> }>(path);
  return Object.fromEntries(Object.entries(rows).map(([name, { in_use: inUse }]) => [name, inUse]));
}

/** SHA-256 of the first bytes of a file, in hexadecimal. */
async function digestOf(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { end: sizeBytes - 1 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
