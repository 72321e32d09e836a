// The NFS backup driver without a server: its store on a plain directory, names of shares, and a mount base that fails.
import { userInfo } from 'node:os';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NfsBackupStore } from '../../drivers/backup/nfs/store.ts';
import { mountOptionsPattern, isShare, mountDirectory } from '../../drivers/nfs/share.ts';
import { NfsMount } from '../../drivers/nfs/mount.ts';
import { parseMountinfo } from '../../drivers/nfs/mounts.ts';
import { run } from '../../privileged/run.ts';
import { probeBackupStore } from '../../workers/cli/backup-probe.ts';
import { promisesOfBackupStores } from './support/backup-conformance.ts';
import { newBackup } from './support/backup-subject.ts';
import { directoryShare } from './support/nfs-directories.ts';
import { scratchDirectory } from './support/step.ts';

const asShare = (path: string) => directoryShare('nas:/backups', path);

promisesOfBackupStores('nfs', async () => {
  const scratch = await scratchDirectory();
  const base = join(scratch.path, 'mounted');
  await mkdir(base);
  const store = new NfsBackupStore(asShare(base));
  await store.checkForSetup();
  return {
    store,
    countEverything: async () => (await readdir(base, { recursive: true })).length,
    remove: scratch.remove,
  };
});

describe('the NFS backup driver', () => {
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  beforeEach(async () => {
    scratch = await scratchDirectory();
  });
  afterEach(() => scratch.remove());

  const settings = (path: string) => ({
    ...{ share: 'nas:/backups', shareOption: 'backup_share', mountOptions: null, attempts: 1 },
    base: { option: 'backup_mount_point_base', path },
  });

  it('names a mount base that cannot be made, with its option', async () => {
    const base = join(scratch.path, 'file', 'mounts');
    await writeFile(join(scratch.path, 'file'), 'in the way');
    await expect(new NfsMount(settings(base)).mounted()).rejects.toMatchObject({
      code: 'Misconfigured',
      message: `${base} (option backup_mount_point_base): not a directory; it cannot be made by user ${userInfo().username}`,
    });
  });

  it('is found by the doctor when its mount base cannot be made, with option, path and user', async () => {
    const base = join(scratch.path, 'readonly', 'mounts');
    await mkdir(join(scratch.path, 'readonly'));
    const bind = await run(['mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', join(scratch.path, 'readonly')], {
      silenceTimeoutMs: 10_000,
      okExitCodes: [0, 1, 32],
    });
    try {
      // Root may write anywhere but on a read-only mount; anybody else may not write at /proc.
      const path = bind.exitCode === 0 ? base : '/proc/mounts-here';
      const config = join(scratch.path, 'scoria.conf');
      const lines = ['backup_driver = nfs', 'backup_share = nas:/backups', `backup_mount_point_base = ${path}`];
      await writeFile(config, ['[DEFAULT]', ...lines, ''].join('\n'));
      const found = await probeBackupStore(scratch.path, [config]);
      expect(found?.isThere).toBe(false);
      expect(found?.words).toContain(`${path} (option backup_mount_point_base): `);
      expect(found?.words).toContain(
        bind.exitCode === 0 ? 'read-only; it cannot be made by user root' : `; it cannot be made by user `,
      );
    } finally {
      await run(['umount', join(scratch.path, 'readonly')], { silenceTimeoutMs: 10_000, okExitCodes: [0, 1, 32] });
    }
  });

  it('keeps containers and objects as Cinder does, for owner and group', async () => {
    const store = new NfsBackupStore(asShare(scratch.path));
    const { id } = newBackup();
    const container = store.defaultContainer(id);
    await store.ensureContainer(container);
    async function* data(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('bytes');
    }
    await store.put(container, 'object', data(), new AbortController().signal);
    const directory = join(scratch.path, id.slice(0, 2), id.slice(2, 4), id);
    expect(await readdir(directory)).toEqual(['object']);
    expect((await stat(join(directory, 'object'))).mode & 0o777).toBe(0o660);
  });
});

describe('an NFS share', () => {
  it('has a mount point by the MD5 of its name, as os-brick makes it', () => {
    expect(mountDirectory('127.0.0.1:/srv/share')).toBe('5cf76f86b6dfdb6d4bc6855a159fe556');
  });

  it.each([
    ['nas:/srv', true],
    ['10.0.0.1:/', true],
    ['[fd00::1]:/a/b', true],
    ['nas', false],
    ['-o:/srv', false],
    ['nas:/a/../b', false],
    ['nas:/a b', false],
    ['nas:relative', false],
  ])('%j is one: %j', (text, is) => {
    expect(isShare(text)).toBe(is);
  });

  it.each([
    ['vers=4.2,soft,timeo=50', true],
    ['rw -o suid', false],
    ['rw;id', false],
    ['', false],
  ])('%j are options of a mount: %j', (text, are) => {
    expect(mountOptionsPattern.test(text)).toBe(are);
  });

  it('is found in the kernel’s list of mounts, spaces and all', () => {
    const text = [
      '22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw',
      '90 22 0:52 / /var/lib/my\\040mounts/0123 rw,nosuid,nodev,relatime - nfs4 127.0.0.1:/srv/share rw,vers=4.2',
      '',
    ].join('\n');
    expect(parseMountinfo(text)).toEqual([
      { path: '/', type: 'overlay', source: 'overlay' },
      { path: '/var/lib/my mounts/0123', type: 'nfs4', source: '127.0.0.1:/srv/share' },
    ]);
  });
});
