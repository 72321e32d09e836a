// A backup whose process is killed in the middle, and one whose disk fills up.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createBackup } from '../../drivers/backup/chunked/backup.ts';
import { deleteBackup } from '../../drivers/backup/chunked/delete.ts';
import { restoreBackup } from '../../drivers/backup/chunked/restore.ts';
import { HashingPool } from '../../drivers/backup/hashing/pool.ts';
import { PosixBackupStore } from '../../drivers/backup/posix/store.ts';
import { startChild } from '../../privileged/child.ts';
import { minimalEnvironment } from '../../privileged/environment.ts';
import { run } from '../../privileged/run.ts';
import type { WriterRequest } from './support/backup-writer.ts';
import { checksum, makeVolume, newBackup, settings } from './support/backup-subject.ts';
import { newStep, scratchDirectory } from './support/step.ts';

const mib = 1024 ** 2;
const writerScript = fileURLToPath(new URL('./support/backup-writer.ts', import.meta.url));
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const pool = new HashingPool(settings.shaBlockBytes);
const scratch = await scratchDirectory();
const silenceTimeoutMs = 10_000;

const disk = join(scratch.path, 'disk');
await mkdir(disk);
const noDisk = await run(['mount', '-t', 'tmpfs', '-o', 'size=16m', 'none', disk], { silenceTimeoutMs }).then(
  () => null,
  (error: unknown) => String(error),
);
if (noDisk !== null) console.warn(`full-disk test of backups skipped: ${noDisk}`);

afterAll(async () => {
  await pool.close();
  if (noDisk === null) await run(['umount', disk], { silenceTimeoutMs });
  await scratch.remove();
});

/** Runs the writer until it says that `killAtBytes` are done, and kills it; answers whether it was killed. */
async function writeAndKill(request: WriterRequest, killAtBytes: number): Promise<boolean> {
  const loader = join(checkout, 'node_modules/tsx/dist/loader.mjs');
  let said = '';
  const child = startChild({
    words: [process.execPath, '--import', loader, writerScript, JSON.stringify(request)],
    env: minimalEnvironment(),
    input: '',
    maxOutputChars: 16 * mib,
    onOutput: (stream, text) => {
      said += text;
      const done = Number(/.*done (\d+)\n/s.exec(said)?.[1] ?? 0);
      if (stream === 'stdout' && done >= killAtBytes && child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
    },
  });
  const { exitCode, signal, stderr } = await child.ended;
  if (exitCode !== null && exitCode !== 0) throw new Error(stderr);
  return signal === 'SIGKILL';
}

describe('a backup', () => {
  it('whose process is killed again and again is finished by a repeat: the same bytes, no litter, whole objects kept', async () => {
    const [base, source, target] = [
      join(scratch.path, 'backup'),
      join(scratch.path, 'source'),
      join(scratch.path, 'target'),
    ];
    const sizeBytes = 48 * mib;
    await makeVolume(source, sizeBytes, { 0: randomBytes(40 * mib) });
    const backup = newBackup();
    const operationId = randomUUID();
    const store = new PosixBackupStore(base);
    const container = store.defaultContainer(backup.id);
    const prefix = `volume_${backup.volumeId}_20260102030405_backup_${backup.id}`;
    const request = { base, source, sizeBytes, backup, operationId, settings };
    const kept: string[][] = [];
    for (const killAtBytes of [8 * mib, 20 * mib, 32 * mib]) {
      expect(await writeAndKill(request, killAtBytes)).toBe(true);
      const names = await store.list(container, prefix);
      // Random data is stored as it is, so that a whole object has a known size.
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(base, container, name))).size));
      expect(new Set(sizes)).toEqual(new Set([settings.fileSizeBytes]));
      kept.push([...(await store.list(container, 'scoria_'))]);
    }
    expect(kept[2]?.length).toBeGreaterThan(kept[0]?.length ?? 0);
    const first = join(base, container, `${prefix}-00001`);
    const { ino } = await stat(first);
    const create = { backup, sourcePath: source, sizeBytes, volumeMeta: null, parent: null };
    const { objectCount } = await createBackup(newStep({ operationId }), pool, store, settings, create);
    expect((await stat(first)).ino).toBe(ino);
    expect(await readdir(join(base, container))).toHaveLength(objectCount + 2);
    await makeVolume(target, sizeBytes, {});
    const request2 = { backup, ancestors: [], targetPath: target, sizeBytes, targetIsBlank: false };
    await restoreBackup(newStep(), pool, store, request2);
    expect(await checksum(target)).toBe(await checksum(source));
  }, 120_000);

  it('whose process is killed can be deleted without a trace', async () => {
    const [base, source] = [join(scratch.path, 'to-delete'), join(scratch.path, 'source')];
    await makeVolume(source, 32 * mib, { 0: randomBytes(32 * mib) });
    const backup = newBackup();
    expect(
      await writeAndKill({ base, source, sizeBytes: 32 * mib, backup, operationId: randomUUID(), settings }, 8 * mib),
    ).toBe(true);
    expect((await readdir(base, { recursive: true })).length).toBeGreaterThan(3);
    await deleteBackup(newStep(), new PosixBackupStore(base), backup);
    expect(await readdir(base)).toEqual([]);
  }, 60_000);

  it.skipIf(noDisk !== null)('that does not fit says so, naming the option, and leaves no half object', async () => {
    const source = join(scratch.path, 'source');
    await makeVolume(source, 32 * mib, { 0: randomBytes(32 * mib) });
    const backup = newBackup();
    const store = new PosixBackupStore(disk);
    const create = { backup, sourcePath: source, sizeBytes: 32 * mib, volumeMeta: null, parent: null };
    await expect(createBackup(newStep(), pool, store, settings, create)).rejects.toMatchObject({
      code: 'InsufficientSpace',
      message: expect.stringContaining('backup_posix_path'),
    });
    expect(await store.list(store.defaultContainer(backup.id), '.partial')).toEqual([]);
    await deleteBackup(newStep(), store, backup);
    expect(await readdir(disk)).toEqual([]);
  });
});
