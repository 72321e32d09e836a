// What the chunked engine promises on every backup store, asked of one store at a time on real storage.
import { randomBytes, randomUUID } from 'node:crypto';
import { open, writeFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackup, type CreateBackupRequest } from '../../../drivers/backup/chunked/backup.ts';
import { deleteBackup } from '../../../drivers/backup/chunked/delete.ts';
import { readMetadata } from '../../../drivers/backup/chunked/metadata.ts';
import { objectPrefix, type BackupLocation } from '../../../drivers/backup/chunked/names.ts';
import { restoreBackup } from '../../../drivers/backup/chunked/restore.ts';
import type { BackupStore } from '../../../drivers/backup/driver.ts';
import { counting } from './counted-store.ts';
import { HashingPool } from '../../../drivers/backup/hashing/pool.ts';
import { readWhole } from '../../../drivers/backup/read-whole.ts';
import type { StepContext } from '../../../drivers/step.ts';
import { checksum, makeVolume, newBackup, settings, volumes } from './backup-subject.ts';
import { newStep, scratchDirectory } from './step.ts';

export interface StoreUnderTest {
  readonly store: BackupStore;
  /** Number of things of any kind that are left in the store, litter included. */
  countEverything(): Promise<number>;
  remove(): Promise<void>;
}

const mib = 1024 ** 2;
const never = new AbortController().signal;

export function promisesOfBackupStores(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`a backup on ${name}`, () => {
    const pool = new HashingPool(settings.shaBlockBytes);
    let under: StoreUnderTest;
    let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
    let source: string;
    let target: string;
    beforeEach(async () => {
      under = await make();
      scratch = await scratchDirectory();
      source = join(scratch.path, 'source');
      target = join(scratch.path, 'target');
    });
    afterEach(async () => {
      await scratch.remove();
      await under.remove();
    });
    afterAll(() => pool.close());

    const write = (
      request: Partial<CreateBackupRequest> & Pick<CreateBackupRequest, 'backup' | 'sizeBytes'>,
      step = newStep(),
      store = under.store,
    ) => createBackup(step, pool, store, settings, { sourcePath: source, volumeMeta: null, parent: null, ...request });
    const restore = (
      backup: BackupLocation,
      sizeBytes: number,
      ancestors: readonly BackupLocation[] = [],
      targetIsBlank = false,
    ) =>
      restoreBackup(newStep(), pool, under.store, { backup, ancestors, targetPath: target, sizeBytes, targetIsBlank });
    const containerOf = (backup: BackupLocation) => under.store.defaultContainer(backup.id);
    const namesOf = (backup: BackupLocation) => under.store.list(containerOf(backup), objectPrefix(backup));

    for (const [kind, { sizeBytes, data }] of Object.entries(volumes)) {
      // Programs make the others: one volume of each kind of data is enough for them.
      const others = kind === 'text, noise and zeros in turn' ? ['bz2', 'zstd'] : [];
      for (const compression of ['zlib', 'none', ...others]) {
        it(`of ${kind}, compression ${compression}, comes back byte for byte over whatever was there`, async () => {
          await makeVolume(source, sizeBytes, data());
          await writeFile(target, Buffer.alloc(sizeBytes + 100, 0xaa));
          const backup = newBackup();
          const volumeMeta = { base: { display_name: 'v' }, metadata: { purpose: 'täst' }, imageMetadata: null };
          const request = { backup, sourcePath: source, sizeBytes, volumeMeta, parent: null };
          const created = await createBackup(newStep(), pool, under.store, { ...settings, compression }, request);
          expect(created.objectCount).toBe(Math.ceil(sizeBytes / settings.fileSizeBytes));
          expect(await namesOf(backup)).toHaveLength(created.objectCount + 2);
          const restored = await restore(backup, sizeBytes);
          expect(restored.volumeMeta).toEqual(volumeMeta);
          expect(await checksum(target, sizeBytes)).toBe(await checksum(source));
          await deleteBackup(newStep(), under.store, backup);
          expect(await under.countEverything()).toBe(0);
        });
      }
    }

    it('restored to a blank volume leaves its holes as holes, and never a short file', async () => {
      const { sizeBytes, data } = volumes['a sparse file'];
      await makeVolume(source, sizeBytes, data());
      await makeVolume(target, mib, {});
      const backup = newBackup();
      await write({ backup, sizeBytes });
      await restore(backup, sizeBytes);
      expect(await checksum(target)).toBe(await checksum(source));
      const file = await open(target, 'r');
      const { blocks, size } = await file.stat();
      await file.close();
      expect(size).toBe(sizeBytes);
      expect(blocks * 512).toBeLessThan(sizeBytes / 2);
    });

    it('restored over a sparse volume leaves it sparse, and what lies beyond the backup as it was', async () => {
      const { sizeBytes, data } = volumes['a sparse file'];
      await makeVolume(source, sizeBytes, data());
      const backup = newBackup();
      await write({ backup, sizeBytes });
      await makeVolume(target, sizeBytes, { [mib]: randomBytes(2 * mib) });
      await restore(backup, sizeBytes);
      expect(await checksum(target)).toBe(await checksum(source));
      expect((await stat(target)).blocks * 512).toBeLessThan(sizeBytes / 2);
      const beyond = randomBytes(mib);
      await makeVolume(target, sizeBytes + 2 * mib, { [mib]: randomBytes(2 * mib), [sizeBytes + mib]: beyond });
      await restore(backup, sizeBytes + 2 * mib);
      expect(await checksum(target, sizeBytes)).toBe(await checksum(source));
      expect((await readFile(target)).subarray(sizeBytes + mib).equals(beyond)).toBe(true);
    });

    it('stores what compresses small and what does not as it is', async () => {
      await makeVolume(source, settings.fileSizeBytes * 2, {
        [settings.fileSizeBytes]: randomBytes(settings.fileSizeBytes),
      });
      const backup = newBackup();
      await write({ backup, sizeBytes: settings.fileSizeBytes * 2 });
      const { objects } = await readMetadata(under.store, containerOf(backup), objectPrefix(backup));
      expect(objects.map(({ compression }) => compression)).toEqual(['zlib', 'none']);
      const [zeros] = objects;
      expect((await readWhole(under.store, containerOf(backup), zeros?.name ?? '', mib)).length).toBeLessThan(20_000);
    });

    it('made a second time is already there', async () => {
      await makeVolume(source, 5 * mib, { 0: randomBytes(5 * mib) });
      const backup = newBackup();
      const first = await write({ backup, sizeBytes: 5 * mib });
      await writeFile(source, 'the volume is no longer needed');
      expect(await write({ backup, sizeBytes: 5 * mib })).toEqual(first);
    });

    it('that is aborted stops at once, leaves nothing half-written, and goes on under the same claim without writing twice', async () => {
      const sizeBytes = 20 * mib;
      await makeVolume(source, sizeBytes, { 0: randomBytes(sizeBytes) });
      const backup = newBackup();
      const abort = new AbortController();
      const step = newStep({
        signal: abort.signal,
        reportProgress: (done) => done > 12 * mib && abort.abort(new Error('enough')),
      });
      await expect(write({ backup, sizeBytes }, step)).rejects.toThrow('enough');
      const half = await namesOf(backup);
      expect(half).not.toContain(`${objectPrefix(backup)}_metadata`);
      const { store, puts } = counting(under.store);
      await write({ backup, sizeBytes }, { ...newStep(), operationId: step.operationId }, store);
      const again = puts.filter((put) => half.includes(put));
      expect(half.length).toBeGreaterThan(1);
      // Objects whose receipts were under way when the abort came are written again.
      expect(again.length).toBeLessThanOrEqual(3);
      await makeVolume(target, sizeBytes, {});
      await restore(backup, sizeBytes);
      expect(await checksum(target)).toBe(await checksum(source));
      await deleteBackup(newStep(), under.store, backup);
      expect(await under.countEverything()).toBe(0);
    });

    it('of a volume that may have changed between two claims is made anew, all of one time', async () => {
      const sizeBytes = 30 * mib;
      await makeVolume(source, sizeBytes, { 0: randomBytes(sizeBytes) });
      const backup = newBackup();
      const step = await abortedHalfWay((half) => write({ backup, sizeBytes }, half), sizeBytes);
      expect((await under.store.list(containerOf(backup), 'scoria_')).length).toBeGreaterThan(1);
      await makeVolume(source, sizeBytes, { 0: randomBytes(sizeBytes) });
      await write({ backup, sizeBytes }, { ...newStep(), operationId: step.operationId, epoch: step.epoch + 1 });
      await makeVolume(target, sizeBytes, {});
      await restore(backup, sizeBytes);
      expect(await checksum(target)).toBe(await checksum(source));
    });

    it('that builds on another holds the changed extents only, and restores through the whole chain', async () => {
      const sizeBytes = 12 * mib;
      await makeVolume(source, sizeBytes, { 0: randomBytes(8 * mib) });
      const full = newBackup();
      await write({ backup: full, sizeBytes });
      const file = await open(source, 'r+');
      await file.write(randomBytes(100_000), 0, 100_000, 3 * mib + 1000);
      await file.write(Buffer.alloc(mib), 0, mib, 6 * mib);
      const second = newBackup({ volumeId: full.volumeId });
      const created = await write({ backup: second, sizeBytes, parent: full });
      await file.write(randomBytes(10), 0, 10, 11 * mib);
      await file.close();
      const third = newBackup({ volumeId: full.volumeId });
      await write({ backup: third, sizeBytes, parent: second });
      const { objects } = await readMetadata(under.store, containerOf(third), objectPrefix(third));
      expect(created.objectCount).toBeGreaterThanOrEqual(2);
      expect(objects.map(({ offsetBytes, lengthBytes }) => [offsetBytes, lengthBytes])).toEqual([[11 * mib, 32_768]]);
      await makeVolume(target, sizeBytes, {});
      await restore(third, sizeBytes, [second, full], true);
      expect(await checksum(target)).toBe(await checksum(source));
      await expect(restore(third, sizeBytes, [second])).rejects.toMatchObject({
        code: 'Missing',
        message: expect.stringContaining(full.id),
      });
    });

    it('that builds on another is refused when the volume has grown', async () => {
      await makeVolume(source, 2 * mib, { 0: randomBytes(2 * mib) });
      const full = newBackup();
      await write({ backup: full, sizeBytes: 2 * mib });
      await makeVolume(source, 8 * mib, {});
      const grown = write({ backup: newBackup(), sizeBytes: 8 * mib, parent: full });
      await expect(grown).rejects.toMatchObject({ code: 'SourceTooLarge' });
    });

    it.each(['zlib', 'none'])(
      'with a flipped, a cut and a missing object (%s) is reported by the name of the object',
      async (compression) => {
        const sizeBytes = 3 * settings.fileSizeBytes;
        await makeVolume(source, sizeBytes, {
          0: randomBytes(sizeBytes),
          [mib]: Buffer.alloc(mib),
          [4 * mib]: Buffer.alloc(mib),
          [6 * mib]: Buffer.alloc(mib),
        });
        const backup = newBackup();
        const request = { backup, sourcePath: source, sizeBytes, volumeMeta: null, parent: null };
        await createBackup(newStep(), pool, under.store, { ...settings, compression }, request);
        await makeVolume(target, sizeBytes, {});
        const container = containerOf(backup);
        const name = `${objectPrefix(backup)}-00002`;
        const bytes = await readWhole(under.store, container, name, 8 * mib);
        const flipped = Buffer.from(bytes);
        flipped[500_000] = (flipped[500_000] ?? 0) ^ 1;
        const cut = bytes.subarray(0, bytes.length - 1000);
        // What follows the end of a zlib stream is not part of it, for Python's zlib neither.
        for (const broken of compression === 'zlib' ? [flipped, cut] : [flipped, cut, Buffer.concat([bytes, bytes])]) {
          await under.store.put(container, name, [broken], never);
          const corrupt = { code: 'BackupCorrupt', message: expect.stringContaining(name) };
          await expect(restore(backup, sizeBytes)).rejects.toMatchObject(corrupt);
        }
        await under.store.delete(container, [name]);
        await expect(restore(backup, sizeBytes)).rejects.toMatchObject({
          code: 'Missing',
          message: expect.stringContaining(name),
        });
        await under.store.put(container, `${objectPrefix(backup)}_metadata`, [Buffer.from('{"version": ')], never);
        await expect(restore(backup, sizeBytes)).rejects.toMatchObject({
          code: 'BackupCorrupt',
          message: expect.stringContaining('_metadata'),
        });
      },
    );

    it('larger than the volume to restore to is refused before a byte is written', async () => {
      await makeVolume(source, 4 * mib, { 0: randomBytes(4 * mib) });
      const backup = newBackup();
      await write({ backup, sizeBytes: 4 * mib });
      await makeVolume(target, 2 * mib, {});
      const before = await checksum(target);
      await expect(restore(backup, 2 * mib)).rejects.toMatchObject({ code: 'SourceTooLarge' });
      expect(await checksum(target)).toBe(before);
    });

    it('of a file that is shorter than its volume, or not there, says so', async () => {
      await makeVolume(source, mib, { 0: randomBytes(mib) });
      await expect(write({ backup: newBackup(), sizeBytes: 2 * mib })).rejects.toMatchObject({
        code: 'UnexpectedOutput',
      });
      const elsewhere = write({ backup: newBackup(), sizeBytes: mib, sourcePath: join(scratch.path, 'nowhere') });
      await expect(elsewhere).rejects.toMatchObject({ code: 'Missing', message: expect.stringContaining('nowhere') });
    });

    it('deleted from a container that it shares takes nothing of its neighbour, and may be deleted twice', async () => {
      await makeVolume(source, 3 * mib, { 0: randomBytes(3 * mib) });
      const [ours, theirs] = [newBackup({ container: 'shared/place' }), newBackup({ container: 'shared/place' })];
      for (const backup of [ours, theirs]) await write({ backup, sizeBytes: 3 * mib });
      await deleteBackup(newStep(), under.store, ours);
      await deleteBackup(newStep(), under.store, ours);
      await makeVolume(target, 3 * mib, {});
      await restore(theirs, 3 * mib);
      expect(await checksum(target)).toBe(await checksum(source));
      await deleteBackup(newStep(), under.store, theirs);
      expect(await under.countEverything()).toBe(0);
      await deleteBackup(newStep(), under.store, newBackup({ id: randomUUID() }));
    });
  });
}

/** Runs `work` with a step that aborts when half of the bytes are done; answers that step. */
async function abortedHalfWay(work: (step: StepContext) => Promise<unknown>, sizeBytes: number): Promise<StepContext> {
  const abort = new AbortController();
  const step = newStep({
    signal: abort.signal,
    reportProgress: (done) => done > sizeBytes / 2 && abort.abort(new Error('enough')),
  });
  await expect(work(step)).rejects.toThrow('enough');
  return step;
}
