// Parts of the backup engine on their own: zlib streams made of pieces, threads that die, options, lists of hashes.
import { createHash, randomBytes } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256fileData, openDigests } from '../../drivers/backup/chunked/sha256file.ts';
import { objectPrefix } from '../../drivers/backup/chunked/names.ts';
import { ChunkedBackupEngine } from '../../drivers/backup/engine.ts';
import { backupOptions } from '../../drivers/backup/config.ts';
import { adler32, adler32Combined, adler32OfZeros } from '../../drivers/backup/hashing/adler32.ts';
import { deflatePiece, streamHeader, streamTrailer } from '../../drivers/backup/hashing/deflate-piece.ts';
import { outBytes } from '../../drivers/backup/hashing/jobs.ts';
import { HashingThread } from '../../drivers/backup/hashing/thread.ts';
import { PosixBackupStore } from '../../drivers/backup/posix/store.ts';
import { compressible, newBackup, settings } from './support/backup-subject.ts';
import { scratchDirectory } from './support/step.ts';

describe('a zlib stream made of pieces', () => {
  it('is read by zlib, checksum included, whatever the pieces hold', () => {
    const pieces = [
      randomBytes(200_000),
      compressible(100_000),
      Buffer.alloc(70_000),
      Buffer.from('x'),
      randomBytes(65_535),
      randomBytes(65_536),
    ];
    let adler = 1;
    const blocks = pieces.map((piece) => {
      const out = new Uint8Array(outBytes(piece.length));
      adler = adler32Combined(adler, adler32(piece), piece.length);
      return Buffer.from(out.subarray(0, deflatePiece(piece, out)));
    });
    const stream = Buffer.concat([streamHeader, ...blocks, streamTrailer(adler)]);
    expect(inflateSync(stream).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('has the right checksum for zeros without looking at them', () => {
    for (const length of [1, 5_552, 65_521, 1_000_000])
      expect(adler32OfZeros(length)).toBe(adler32(Buffer.alloc(length)));
  });
});

describe('a thread of the engine', () => {
  it('that ends takes no job silently with it, and the next job starts another', async () => {
    const thread = new HashingThread({ memory: new SharedArrayBuffer(4 * 65_536), pieceBytes: 65_536 });
    const lost = thread.ask({ kind: 'md5-update', key: 1, slot: null, length: 100 });
    const outcome = lost.then(
      () => null,
      (error: unknown) => error,
    );
    await thread.close();
    expect(await outcome).toMatchObject({ code: 'Internal', kind: 'passing' });
    await thread.ask({ kind: 'md5-update', key: 1, slot: null, length: 100 });
    const md5 = createHash('md5').update(Buffer.alloc(100)).digest('hex');
    expect(await thread.ask({ kind: 'md5-end', key: 1 })).toBe(md5);
    await thread.close();
  });
});

describe('a list of hashes', () => {
  it('comes back in ranges of any size, though a description looks like one', async () => {
    const scratch = await scratchDirectory();
    const store = new PosixBackupStore(scratch.path);
    await store.ensureContainer('c');
    const backup = newBackup({ description: '"sha256s": ["' });
    const digests = randomBytes(32 * 20_000);
    async function* parts(): AsyncGenerator<Uint8Array> {
      yield digests.subarray(0, 32 * 9_999);
      yield digests.subarray(32 * 9_999);
    }
    const signal = new AbortController().signal;
    await store.put('c', `${objectPrefix(backup)}_sha256file`, sha256fileData(backup, 32_768, parts()), signal);
    const reader = await openDigests(store, 'c', objectPrefix(backup));
    const read = [await reader.next(1), await reader.next(15_000), await reader.next(10_000), await reader.next(1)];
    await reader.close();
    await scratch.remove();
    expect(reader.shaBlockBytes).toBe(32_768);
    expect(read.map(({ length }) => length / 32)).toEqual([1, 15_000, 4_999, 0]);
    expect(Buffer.concat(read).equals(digests)).toBe(true);
  });
});

describe('the options of the backup service', () => {
  const base = { backup_posix_path: '/var/lib/scoria/backup', backup_mount_point_base: '/var/lib/scoria/mounts' };

  it('have Cinder’s defaults and take Cinder’s words', () => {
    expect(backupOptions.parse(base)).toMatchObject({
      ...{ backup_driver: 'posix', backup_file_size: 1_999_994_880, backup_sha_block_size_bytes: 32_768 },
      ...{ backup_compression_algorithm: 'zlib', backup_enable_progress_timer: true },
    });
    const words = {
      backup_driver: 'cinder.backup.drivers.posix.PosixBackupDriver',
      backup_compression_algorithm: 'OFF',
      backup_file_size: '65536',
    };
    const parsed = backupOptions.parse({ ...base, ...words });
    expect(parsed).toMatchObject({
      backup_driver: 'posix',
      backup_compression_algorithm: 'none',
      backup_file_size: 65_536,
    });
  });

  it.each([
    ['backup_file_size', '40000'],
    ['backup_compression_algorithm', 'lzma'],
    ['backup_driver', 'tape'],
    ['backup_posix_path', 'relative/path'],
    ['backup_share', '../etc'],
    ['backup_mount_options', 'vers=4 -o suid'],
  ])('refuse %s = %s by name', (option, value) => {
    const { error } = backupOptions.safeParse({ ...base, [option]: value });
    expect(error?.issues.map(({ path }) => path[0])).toEqual([option]);
  });

  it('say at once that Cinder does not know an algorithm', () => {
    const start = () => new ChunkedBackupEngine(new PosixBackupStore('/nowhere'), { ...settings, compression: 'lzma' });
    expect(start).toThrow(/backup_compression_algorithm = lzma is not an algorithm of Cinder/);
  });
});

describe('the names of a backup’s objects', () => {
  it('derive from its ids and its time as Cinder’s do', () => {
    const backup = newBackup({ createdAt: Date.UTC(2026, 10, 21, 13, 3, 29) / 1000 });
    expect(objectPrefix(backup)).toBe(`volume_${backup.volumeId}_20261121130329_backup_${backup.id}`);
  });

  it('never let a prefix reach another backup’s objects', () => {
    for (const prefix of ['volume_', '', '../x', `a/${newBackup().id}`, newBackup().id.slice(0, 9)]) {
      const backup = { ...newBackup(), objectPrefix: prefix };
      if (prefix === '') expect(objectPrefix(backup)).toContain(backup.id);
      else expect(() => objectPrefix(backup)).toThrow(TypeError);
    }
  });
});
