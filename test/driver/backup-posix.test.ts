// The posix backup store on a real directory: what every store promises, and what only this one does.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PosixBackupStore } from '../../drivers/backup/posix/store.ts';
import { promisesOfBackupStores } from './support/backup-conformance.ts';
import { newBackup } from './support/backup-subject.ts';
import { scratchDirectory } from './support/step.ts';

const never = new AbortController().signal;
const someBytes = [Buffer.from('some'), Buffer.from('thing')];

promisesOfBackupStores('posix', async () => {
  const scratch = await scratchDirectory();
  const store = new PosixBackupStore(join(scratch.path, 'backup'));
  await store.checkForSetup();
  return {
    store,
    countEverything: async () => (await readdir(join(scratch.path, 'backup'), { recursive: true })).length,
    remove: scratch.remove,
  };
});

describe('the posix backup store', () => {
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  let store: PosixBackupStore;
  beforeEach(async () => {
    scratch = await scratchDirectory();
    store = new PosixBackupStore(join(scratch.path, 'made', 'here'));
  });
  afterEach(() => scratch.remove());

  it('makes its directory and leaves nothing in it', async () => {
    await store.checkForSetup();
    expect(await readdir(join(scratch.path, 'made', 'here'))).toEqual([]);
  });

  it('keeps containers and objects as Cinder does: id[0:2]/id[2:4]/id, for owner and group', async () => {
    const { id } = newBackup();
    const container = store.defaultContainer(id);
    await store.ensureContainer(container);
    await store.put(container, 'object', someBytes, never);
    const path = join(scratch.path, 'made', 'here', id.slice(0, 2), id.slice(2, 4), id);
    expect((await stat(path)).mode & 0o777).toBe(0o770);
    expect((await stat(join(path, 'object'))).mode & 0o777).toBe(0o660);
  });

  it.each([
    '/etc',
    '..',
    '../..',
    'a/../b',
    'a//b',
    'a/',
    '',
    '.',
    '.partial-x',
    'a/.hidden',
    'a b',
    'a\0b',
    'a\nb',
    'x'.repeat(300),
  ])('refuses the container %j', async (container) => {
    await store.checkForSetup();
    const refusal = { code: 'ContainerRefused', kind: 'user' };
    await expect(store.ensureContainer(container)).rejects.toMatchObject(refusal);
    await expect(store.put(container, 'object', someBytes, never)).rejects.toMatchObject(refusal);
    await expect(store.delete(container, ['object'])).rejects.toMatchObject(refusal);
    await expect(store.removeContainerIfEmpty(container)).rejects.toMatchObject(refusal);
    expect(await readdir(scratch.path, { recursive: true })).toEqual(['made', 'made/here']);
  });

  it('takes names for containers that a user may think of', async () => {
    for (const container of ['nightly', 'team-a/2026.11', 'volume_backups']) {
      await store.ensureContainer(container);
      await store.put(container, 'object', someBytes, never);
      expect(await store.list(container, 'obj')).toEqual(['object']);
    }
  });

  it('reads no object from elsewhere, whatever a backup’s metadata names', async () => {
    await store.ensureContainer('here');
    await writeFile(join(scratch.path, 'secret'), 'secret');
    const read = async () => {
      for await (const _ of store.get('here', '../../../secret'));
    };
    await expect(read()).rejects.toMatchObject({ code: 'BackupCorrupt' });
  });

  it('names the option and the path when a file is in the way of its directory', async () => {
    await mkdir(scratch.path, { recursive: true });
    await writeFile(join(scratch.path, 'made'), 'a file');
    const message = expect.stringMatching(/made\/here.*backup_posix_path.*not a directory/);
    await expect(store.checkForSetup()).rejects.toMatchObject({ code: 'Misconfigured', kind: 'operator', message });
  });

  it('names the option, the path and the user when it may not write there', async () => {
    // Even root may not make directories here.
    const message = expect.stringMatching(/\/sys\/kernel\/scoria.*backup_posix_path.*for user \w+/);
    const check = new PosixBackupStore('/sys/kernel/scoria').checkForSetup();
    await expect(check).rejects.toMatchObject({ code: 'PermissionDenied', kind: 'operator', message });
  });

  it('shows an object only once it is whole, and nothing of one that failed', async () => {
    await store.ensureContainer('c');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield randomBytes(100_000);
      expect(await store.list('c', '')).toEqual(['.partial-object']);
      throw new Error('the volume is gone');
    }
    await expect(store.put('c', 'object', failing(), never)).rejects.toThrow('the volume is gone');
    expect(await readdir(join(scratch.path, 'made', 'here', 'c'))).toEqual([]);
  });
});
