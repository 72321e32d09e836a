// The demo's story: a volume's whole life on real bytes, each step over the public API.
import type { KnownFiles } from './known-files.ts';
import type { Narrator } from './narrator.ts';
import type { Openstack } from './openstack.ts';
import type { Deed, Workbench } from './workbench.ts';

export interface Stage {
  readonly narrator: Narrator;
  readonly openstack: Openstack;
  readonly bench: Workbench;
  readonly files: KnownFiles;
}

const cli = 'openstack';

/** Plays all of it; throws at the first thing that is not as it has to be. Answers the ids of what it touched. */
export async function play(stage: Stage): Promise<readonly string[]> {
  const { bench, files } = stage;
  const volumeId = await createVolume(stage);
  await atTheBench(stage, `Attach the volume to ${bench.place}`, bench.attach(volumeId));
  const written = `Write an ext4 file system with ${files.sha256ByName.size} known files through it`;
  await atTheBench(stage, written, bench.writeKnownFiles(files));
  const snapshotId = await snapshotWhileAttached(stage, volumeId);
  const backupId = await backUp(stage, volumeId);
  await atTheBench(stage, 'Change the data after the backup', bench.changeData(files));
  await atTheBench(stage, 'Detach it', bench.detach(volumeId));
  await deleteSnapshot(stage, snapshotId);
  await deleteVolume(stage, volumeId);
  const restoredId = await restore(stage, backupId);
  await atTheBench(stage, `Attach the restored volume to ${bench.place}`, bench.attach(restoredId));
  await atTheBench(stage, 'Prove that the bytes are the ones backed up', bench.proveBytes(files));
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

/** What is done at the workbench is told like every other step. */
async function atTheBench({ narrator }: Stage, title: string, deed: Deed): Promise<void> {
  await narrator.step(title, deed.typed, async () => ({ said: await deed.run(), value: undefined }));
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
