// The demo's story: a volume's whole life on real bytes, each step over the public API.
import type { LaunchFacts } from '../../embedded/launch-options.ts';
import { eventuallySees, type DemoGuest } from './guest.ts';
import type { KnownFiles } from './known-files.ts';
import type { Narrator } from './narrator.ts';
import type { Openstack } from './openstack.ts';

export interface Stage {
  readonly narrator: Narrator;
  readonly openstack: Openstack;
  readonly facts: LaunchFacts;
  readonly guest: DemoGuest;
  readonly files: KnownFiles;
}

const cli = 'openstack';

/** Plays all of it; throws at the first thing that is not as it has to be. Answers the ids of what it touched. */
export async function play(stage: Stage): Promise<readonly string[]> {
  const volumeId = await createVolume(stage);
  await attach(stage, volumeId, 'the volume');
  await writeKnownFiles(stage);
  const snapshotId = await snapshotWhileAttached(stage, volumeId);
  const backupId = await backUp(stage, volumeId);
  await changeData(stage);
  await detach(stage, volumeId);
  await deleteSnapshot(stage, snapshotId);
  await deleteVolume(stage, volumeId);
  const restoredId = await restore(stage, backupId);
  await attach(stage, restoredId, 'the restored volume');
  await proveBytes(stage);
  return [volumeId, snapshotId, backupId, restoredId];
}

function createVolume({ narrator, openstack }: Stage): Promise<string> {
  const words = ['volume', 'create', '--size', '1', 'demo'];
  return narrator.step('Create a volume of 1 GiB', `${cli} ${words.join(' ')}`, async () => {
    const { id } = await openstack.run(words, 'json');
    await openstack.finished(String(id));
    return { said: `available: ${String(id)}`, value: String(id) };
  });
}

async function attach({ narrator, openstack, guest }: Stage, volumeId: string, what: string): Promise<void> {
  const words = ['server', 'add', 'volume', guest.name, volumeId];
  await narrator.step(`Attach ${what} to the running guest`, `${cli} ${words.join(' ')}`, async () => {
    await openstack.run(words, 'none');
    await openstack.finished(volumeId);
    await eventuallySees(guest, 'vdb');
    return { said: 'in-use; the guest sees /dev/vdb, over iSCSI with CHAP', value: undefined };
  });
}

async function writeKnownFiles({ narrator, guest, files }: Stage): Promise<void> {
  const typed = '(in the guest) dd if=/dev/vda of=/dev/vdb bs=1M';
  await narrator.step(`Write an ext4 file system with ${files.count} known files through it`, typed, async () => {
    await guest.run('dd if=/dev/vda of=/dev/vdb bs=1M 2>/dev/null && sync');
    const sha256 = await firstBytesSha256(guest, files);
    if (sha256 !== files.imageSha256) throw new Error(`the volume holds ${sha256}, not what was written`);
    return { said: `${files.imageSizeMib} MiB written, sha256 ${sha256.slice(0, 16)}…`, value: undefined };
  });
}

function snapshotWhileAttached({ narrator, openstack }: Stage, volumeId: string): Promise<string> {
  const words = ['volume', 'snapshot', 'create', '--volume', volumeId, 'demo-snapshot'];
  return narrator.step('Snapshot it while it is attached', `${cli} ${words.join(' ')}`, async () => {
    narrator.line(
      '     Warning: the volume is in use. A snapshot holds what has reached the volume, as after a power cut;',
    );
    narrator.line('     sync or freeze the file system in the instance first.');
    const { id } = await openstack.run(words, 'json');
    await openstack.finished(String(id));
    return { said: `available: ${String(id)}`, value: String(id) };
  });
}

function backUp({ narrator, openstack }: Stage, volumeId: string): Promise<string> {
  const words = ['volume', 'backup', 'create', '--force', '--name', 'demo-backup', volumeId];
  return narrator.step('Back it up while it is attached (--force)', `${cli} ${words.join(' ')}`, async () => {
    const { id } = await openstack.run(words, 'json');
    await openstack.finished(String(id));
    return { said: `available: ${String(id)}`, value: String(id) };
  });
}

async function changeData({ narrator, guest, files }: Stage): Promise<void> {
  const typed = '(in the guest) mount /dev/vdb /mnt; rm /mnt/letter.txt; dd if=/dev/urandom of=/mnt/random.bin';
  await narrator.step('Change the data after the backup', typed, async () => {
    await guest.run('mount -t ext4 /dev/vdb /mnt && rm /mnt/letter.txt');
    await guest.run('dd if=/dev/urandom of=/mnt/random.bin bs=1M count=4 2>/dev/null && sync && umount /mnt');
    if ((await firstBytesSha256(guest, files)) === files.imageSha256) throw new Error('the data did not change');
    return { said: 'a file is gone, another one has other bytes', value: undefined };
  });
}

async function detach({ narrator, openstack, guest }: Stage, volumeId: string): Promise<void> {
  const words = ['server', 'remove', 'volume', guest.name, volumeId];
  await narrator.step('Detach it', `${cli} ${words.join(' ')}`, async () => {
    await openstack.run(words, 'none');
    await openstack.finished(volumeId);
    const partitions = await guest.run('cat /proc/partitions');
    if (partitions.includes('vdb')) throw new Error('the guest still has vdb');
    return { said: 'available; vdb has left the guest, the target is gone', value: undefined };
  });
}

async function deleteSnapshot({ narrator, openstack }: Stage, snapshotId: string): Promise<void> {
  const words = ['volume', 'snapshot', 'delete', snapshotId];
  await narrator.step('Delete the snapshot', `${cli} ${words.join(' ')}`, async () => {
    await openstack.run(words, 'none');
    await openstack.finished(snapshotId);
    return { said: 'gone', value: undefined };
  });
}

async function deleteVolume({ narrator, openstack }: Stage, volumeId: string): Promise<void> {
  const words = ['volume', 'delete', volumeId];
  await narrator.step('Delete the volume: its data is erased first', `${cli} ${words.join(' ')}`, async () => {
    await openstack.run(words, 'none');
    await openstack.finished(volumeId);
    return { said: 'erased and gone', value: undefined };
  });
}

function restore({ narrator, openstack }: Stage, backupId: string): Promise<string> {
  const words = ['volume', 'backup', 'restore', backupId, 'demo-restored'];
  return narrator.step('Restore the backup to a new volume', `${cli} ${words.join(' ')}`, async () => {
    const answer = await openstack.run(words, 'json');
    await openstack.finished(backupId);
    const volumeId = String(answer['volume_id']);
    return { said: `available: ${volumeId}`, value: volumeId };
  });
}

async function proveBytes({ narrator, guest, files }: Stage): Promise<void> {
  const typed = '(in the guest) sha256sum /dev/vdb; mount -o ro /dev/vdb /mnt; sha256sum -c';
  await narrator.step('Prove that the bytes are the ones backed up', typed, async () => {
    const sha256 = await firstBytesSha256(guest, files);
    if (sha256 !== files.imageSha256) throw new Error(`restored: ${sha256}, backed up: ${files.imageSha256}`);
    await guest.run('mount -t ext4 -o ro /dev/vdb /mnt');
    for (const line of files.manifest.split('\n')) {
      const [expected, name = ''] = line.split('  ');
      const actual = (await guest.run(`sha256sum /mnt/${name}`)).split(' ')[0];
      if (actual !== expected) throw new Error(`${name} came back with other bytes`);
    }
    await guest.run('umount /mnt');
    return { said: `image and all ${files.count} files are equal, sha256 ${sha256.slice(0, 16)}…`, value: undefined };
  });
}

/** Digest of the part of the guest's vdb that the image was written to, read past the guest's cache. */
async function firstBytesSha256(guest: DemoGuest, files: KnownFiles): Promise<string> {
  await guest.run('sync; echo 3 > /proc/sys/vm/drop_caches');
  const output = await guest.run(`dd if=/dev/vdb bs=1M count=${files.imageSizeMib} 2>/dev/null | sha256sum`);
  return output.trim().split(/\s+/)[0] ?? '';
}
