// A real Cinder's own posix backup driver reads what Scoria writes, and Scoria reads what it writes.
import { randomBytes } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackup, type CreateBackupRequest } from '../../drivers/backup/chunked/backup.ts';
import { deleteBackup } from '../../drivers/backup/chunked/delete.ts';
import { readMetadata } from '../../drivers/backup/chunked/metadata.ts';
import { objectPrefix, type BackupLocation } from '../../drivers/backup/chunked/names.ts';
import { restoreBackup } from '../../drivers/backup/chunked/restore.ts';
import { HashingPool } from '../../drivers/backup/hashing/pool.ts';
import { PosixBackupStore } from '../../drivers/backup/posix/store.ts';
import { runTool } from '../../privileged/tool.ts';
import { checksum, compressible, makeVolume, newBackup, settings, volumes } from './support/backup-subject.ts';
import { newStep, scratchDirectory } from './support/step.ts';

const mib = 1024 ** 2;
const script = fileURLToPath(new URL('./support/cinder-backup.py', import.meta.url));
const python = process.env['SCORIA_CINDER_PYTHON'] ?? join(homedir(), '.cache/peer/venv/cinder/bin/python');
const hasCinder = await access(python).then(
  () => true,
  () => false,
);
if (!hasCinder)
  console.warn(`tests with a real Cinder skipped: ${python} is not there (SCORIA_CINDER_PYTHON names another)`);

interface CinderBackup extends BackupLocation {
  readonly parentId?: string | null;
}

describe.skipIf(!hasCinder)('a backup in Cinder’s format', () => {
  const pool = new HashingPool(settings.shaBlockBytes);
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  let store: PosixBackupStore;
  let base: string;
  beforeAll(async () => {
    scratch = await scratchDirectory();
    base = join(scratch.path, 'backup');
    store = new PosixBackupStore(base);
    await store.checkForSetup();
  });
  afterAll(async () => {
    await pool.close();
    await scratch.remove();
  });

  interface CinderOptions {
    readonly mode: 'backup' | 'restore';
    readonly volume: string;
    readonly backups: readonly CinderBackup[];
    readonly isNew?: boolean;
    readonly compression?: string;
  }

  async function cinder({
    mode,
    volume,
    backups,
    isNew = false,
    compression = 'zlib',
  }: CinderOptions): Promise<Record<string, unknown>> {
    const request = {
      ...{ mode, base, volume, is_new: isNew, compression, metadata: { from: 'cinder' } },
      ...{ file_size: settings.fileSizeBytes, sha_block: settings.shaBlockBytes },
      backups: backups.map((backup) => ({
        id: backup.id,
        volume_id: backup.volumeId,
        container: mode === 'backup' && backup === backups[0] ? null : store.defaultContainer(backup.id),
        service_metadata: mode === 'backup' && backup === backups[0] ? null : objectPrefix(backup),
        parent_id: backup.parentId ?? null,
        size: 1,
      })),
    };
    const { exitCode, stdout, stderr } = await runTool(python, ['-W', 'ignore', script, JSON.stringify(request)], {
      timeoutMs: 120_000,
    });
    if (exitCode !== 0) throw new Error(stderr);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  }

  const write = (
    backup: CreateBackupRequest['backup'],
    source: string,
    sizeBytes: number,
    compression: string,
    parent: BackupLocation | null = null,
  ) =>
    createBackup(
      newStep(),
      pool,
      store,
      { ...settings, compression },
      {
        ...{ backup, sourcePath: source, sizeBytes, parent },
        volumeMeta: { base: { display_name: 'büro' }, metadata: { from: 'scoria', ü: '☃' }, imageMetadata: null },
      },
    );

  const files = (name: string) => [join(scratch.path, `${name}-source`), join(scratch.path, `${name}-target`)] as const;

  for (const [kind, { sizeBytes, data }] of Object.entries(volumes)) {
    it(`of ${kind}, written by Scoria, is restored by Cinder`, async () => {
      const [source, target] = files('ours');
      await makeVolume(source, sizeBytes, data());
      await makeVolume(target, sizeBytes, { 0: Buffer.alloc(sizeBytes, 0xaa) });
      const backup = newBackup();
      await write(backup, source, sizeBytes, 'zlib');
      const { volume_meta: meta } = await cinder({ mode: 'restore', volume: target, backups: [backup] });
      expect(await checksum(target)).toBe(await checksum(source));
      expect(meta).toEqual({
        version: 2,
        'volume-base-metadata': { display_name: 'büro' },
        'volume-metadata': { from: 'scoria', ü: '☃' },
      });
    }, 60_000);
  }

  it.each(['zlib', 'none', 'bz2', 'zstd'])(
    'written by Cinder (%s) is restored by Scoria, metadata too, and deleted without a trace',
    async (compression) => {
      const [source, target] = files('theirs');
      const sizeBytes = 8 * mib;
      await makeVolume(source, sizeBytes, { 0: compressible(mib), [2 * mib]: randomBytes(3 * mib) });
      await makeVolume(target, sizeBytes, { 0: Buffer.alloc(sizeBytes, 0xaa) });
      const backup = newBackup();
      const made = await cinder({ mode: 'backup', volume: source, backups: [backup], compression });
      const location = {
        ...backup,
        container: String(made['container']),
        objectPrefix: String(made['service_metadata']),
      };
      const request = { backup: location, ancestors: [], targetPath: target, sizeBytes, targetIsBlank: false };
      const { volumeMeta } = await restoreBackup(newStep(), pool, store, request);
      expect(await checksum(target)).toBe(await checksum(source));
      expect(volumeMeta?.metadata).toEqual({ from: 'cinder' });
      await deleteBackup(newStep(), store, location);
      expect(await readdir(join(base, location.container.split('/')[0] ?? '')).catch(() => [])).not.toContain(
        backup.id.slice(2, 4),
      );
    },
    60_000,
  );

  it.each(['bz2', 'zstd'])(
    'written by Scoria (%s) is restored by Cinder, its full backup and its increment',
    async (compression) => {
      const [source, target] = files(compression);
      const sizeBytes = 8 * mib;
      await makeVolume(source, sizeBytes, { 0: compressible(3 * mib), [5 * mib]: randomBytes(mib) });
      const full = newBackup();
      await write(full, source, sizeBytes, compression);
      await change(source, 2 * mib, compressible(40_000));
      const increment = newBackup({ volumeId: full.volumeId });
      await write(increment, source, sizeBytes, compression, full);
      const { objects } = await readMetadata(store, store.defaultContainer(increment.id), objectPrefix(increment));
      expect(objects.map((object) => object.compression)).toEqual([compression]);
      await makeVolume(target, sizeBytes, { 0: Buffer.alloc(sizeBytes, 0xaa) });
      await cinder({ mode: 'restore', volume: target, backups: [{ ...increment, parentId: full.id }, full] });
      expect(await checksum(target)).toBe(await checksum(source));
    },
    60_000,
  );

  it('has the same objects, hashes and MD5s as Cinder’s own of the same volume', async () => {
    const [source] = files('both');
    const sizeBytes = 5 * mib + 4096;
    await makeVolume(source, sizeBytes, { 0: randomBytes(2 * mib), [3 * mib]: compressible(2 * mib) });
    const [ours, theirs] = [newBackup(), newBackup()];
    await write(ours, source, sizeBytes, 'zlib');
    const made = await cinder({ mode: 'backup', volume: source, backups: [theirs] });
    const read = async (backup: BackupLocation, prefix: string, suffix: string) =>
      JSON.parse(await readFile(join(base, store.defaultContainer(backup.id), prefix + suffix), 'utf8')) as Record<
        string,
        unknown
      >;
    const both = async (suffix: string) => [
      await read(ours, objectPrefix(ours), suffix),
      await read(theirs, String(made['service_metadata']), suffix),
    ];
    const [ourHashes, theirHashes] = await both('_sha256file');
    expect(Object.keys(ourHashes ?? {})).toEqual(Object.keys(theirHashes ?? {}));
    expect(ourHashes?.['sha256s']).toEqual(theirHashes?.['sha256s']);
    expect(ourHashes?.['created_at']).toBe(theirHashes?.['created_at']);
    const [ourMeta, theirMeta] = await both('_metadata');
    const objects = (meta: Record<string, unknown> | undefined) =>
      ((meta?.['objects'] ?? []) as Record<string, { offset: number; length: number; md5: string }>[]).flatMap(
        (entry) => Object.values(entry).map(({ offset, length, md5 }) => ({ offset, length, md5 })),
      );
    expect(Object.keys(ourMeta ?? {})).toEqual(Object.keys(theirMeta ?? {}));
    expect(objects(ourMeta)).toEqual(objects(theirMeta));
  }, 60_000);

  it('may build on one of the other’s: Cinder’s full, Scoria’s increment, Cinder’s increment, restored by both', async () => {
    const [source, target] = files('chain');
    const sizeBytes = 8 * mib;
    await makeVolume(source, sizeBytes, { 0: randomBytes(6 * mib) });
    const full = newBackup();
    const made = await cinder({ mode: 'backup', volume: source, backups: [full] });
    const fullLocation = { ...full, objectPrefix: String(made['service_metadata']) };
    await change(source, 2 * mib, Buffer.alloc(mib));
    const ours = newBackup({ volumeId: full.volumeId });
    await write(ours, source, sizeBytes, 'zlib', fullLocation);
    await change(source, 7 * mib, randomBytes(40_000));
    const theirs = newBackup({ volumeId: full.volumeId });
    const ourRow = { ...ours, parentId: full.id };
    const last = await cinder({
      mode: 'backup',
      volume: source,
      backups: [{ ...theirs, parentId: ours.id }, ourRow, fullLocation],
    });
    const lastRow = { ...theirs, parentId: ours.id, objectPrefix: String(last['service_metadata']) };
    await makeVolume(target, sizeBytes, {});
    await cinder({ mode: 'restore', volume: target, backups: [lastRow, ourRow, fullLocation], isNew: true });
    expect(await checksum(target)).toBe(await checksum(source));
    await makeVolume(target, sizeBytes, {});
    const request = {
      backup: lastRow,
      ancestors: [ours, fullLocation],
      targetPath: target,
      sizeBytes,
      targetIsBlank: true,
    };
    await restoreBackup(newStep(), pool, store, request);
    expect(await checksum(target)).toBe(await checksum(source));
  }, 120_000);
});

async function change(path: string, offset: number, bytes: Buffer): Promise<void> {
  const { open } = await import('node:fs/promises');
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}
