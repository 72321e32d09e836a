// What is made of fetched images, honest and dishonest ones, all of them made by qemu-img itself.
import { randomUUID } from 'node:crypto';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ImageSource } from '../../domain/images.ts';
import { inspectImage } from '../../drivers/image/inspect.ts';
import { writeImage } from '../../drivers/image/write.ts';
import { run } from '../../privileged/run.ts';
import { imagesBelow } from '../support/host-images.ts';
import { readPart, writePart } from '../support/file-parts.ts';
import { newStep, scratchDirectory } from './support/step.ts';

const gib = 1024 ** 3;
const scratch = await scratchDirectory();
const { options } = imagesBelow(scratch.path);
const silenceTimeoutMs = 60_000;

afterAll(() => scratch.remove());

const image = (diskFormat: string, changes: Partial<ImageSource> = {}): ImageSource => ({
  ...{ id: randomUUID(), diskFormat, containerFormat: 'bare', sizeBytes: null },
  ...{ checksum: null, hashAlgorithm: null, hashValue: null, ...changes },
});

const newPath = (): string => join(scratch.path, randomUUID());

async function made(...args: string[]): Promise<string> {
  const path = newPath();
  await run(['qemu-img', 'create', '-q', ...args.map((word) => (word === '@' ? path : word))], { silenceTimeoutMs });
  return path;
}

/** A raw file of 8 MiB with words in it. */
async function rawFile(words: string): Promise<string> {
  const path = newPath();
  await writeFile(path, '');
  await truncate(path, 8 * 1024 ** 2);
  await writePart(path, 1024 ** 2, words);
  return path;
}

describe('refused, in words that say why:', () => {
  it.each([
    ['a backing file', 'qcow2', ['-f', 'qcow2', '-b', '/etc/hostname', '-F', 'raw', '@', '1M'], /backed by/],
    ['a data file', 'qcow2', ['-f', 'qcow2', '-o', `data_file=${scratch.path}/data`, '@', '1M'], /have a data file/],
    ['a virtual size bomb', 'qcow2', ['-f', 'qcow2', '@', '9T'], /virtual size is 9216GB and doesn't fit.* 1GB/],
    ['a raw image that is none', 'raw', ['-f', 'qcow2', '@', '1M'], /claimed to be 'raw'/],
    ['a qcow2 image that is none', 'qcow2', ['-f', 'raw', '@', '1M'], /claimed to be 'qcow2'/],
    [
      'a VMDK of several files',
      'vmdk',
      ['-f', 'vmdk', '-o', 'subformat=monolithicFlat', '@', '1M'],
      /VMDK create-type/,
    ],
    ['a VDI that is too large', 'vdi', ['-f', 'vdi', '@', '2G'], /virtual size is 2GB/],
    ['a VHD that is none', 'vhd', ['-f', 'vdi', '@', '1M'], /claimed to be 'vpc'/],
  ] as const)('%s', async (_what, diskFormat, args, words) => {
    const path = await made(...args);
    await expect(inspectImage(path, image(diskFormat), 1, options)).rejects.toMatchObject({
      code: 'ImageUnacceptable',
      message: expect.stringMatching(words),
    });
  });

  it('a qcow2 whose tables are nonsense, and one that is cut off', async () => {
    const path = await made('-f', 'qcow2', '@', '1M');
    const cut = newPath();
    await writeFile(cut, (await readFile(path)).subarray(0, 60));
    const nonsense = newPath();
    // The L1 table's entries and place.
    const bytes = await readFile(path);
    bytes.writeUInt32BE(0x7fffffff, 36);
    await writeFile(nonsense, bytes);
    for (const evil of [cut, nonsense]) {
      await expect(inspectImage(evil, image('qcow2'), 1, options)).rejects.toMatchObject({ code: 'ImageUnacceptable' });
    }
  });

  it('compressed containers, and everything but raw where conversion is switched off', async () => {
    const path = await made('-f', 'qcow2', '@', '1M');
    const compressed = image('qcow2', { containerFormat: 'compressed' });
    await expect(inspectImage(path, compressed, 1, options)).rejects.toThrow(/compression disallowed/);
    const rawOnly = { ...options, conversionDisabled: true };
    await expect(inspectImage(path, image('qcow2'), 1, rawOnly)).rejects.toThrow(/Image conversion is disabled/);
  });

  it('an image that costs more to look at than the limits allow', async () => {
    const path = await made('-f', 'vdi', '@', '1M');
    // prlimit takes no less than a second; without address space qemu-img cannot even begin.
    const poor = { ...options, introspectionAddressSpaceGib: 1 / 1024 };
    await expect(inspectImage(path, image('vdi'), 1, poor)).rejects.toMatchObject({ code: 'ImageUnacceptable' });
  });
});

describe('written onto a volume:', () => {
  it.each(['qcow2', 'vdi', 'vhdx', 'vmdk', 'raw'] as const)('%s, holes kept, old bytes gone', async (format) => {
    const raw = await rawFile('hello from an image');
    const path = newPath();
    await run(['qemu-img', 'convert', '-q', '-f', 'raw', '-O', format, raw, path], { silenceTimeoutMs });
    const inspected = await inspectImage(path, image(format), 1, options);
    const fresh = newPath();
    await writeFile(fresh, '');
    await truncate(fresh, gib);
    const used = newPath();
    await writeFile(used, Buffer.alloc(4 * 1024 ** 2, 'old'));
    await truncate(used, gib);
    let reported = 0;
    const step = newStep({ reportProgress: (done) => void (reported = Math.max(reported, done)) });
    for (const [volumePath, isBlank] of [[fresh, true] as const, [used, false] as const]) {
      const volume = { path: volumePath, kind: 'file' } as const;
      await writeImage(step, { imagePath: path, image: inspected, volume, isBlank });
      expect(await readPart(volumePath, 1024 ** 2, 19)).toBe('hello from an image');
      expect(await readPart(volumePath, 0, 3)).toBe('\0\0\0');
      const { size, blocks } = await stat(volumePath);
      expect(size).toBe(gib);
      expect(blocks * 512).toBeLessThanOrEqual(isBlank ? 1024 ** 2 : 5 * 1024 ** 2);
    }
    expect(reported).toBeGreaterThan(0);
  });

  it.each(['raw', 'qcow2'] as const)('%s, onto a volume that is itself a qcow2 file', async (format) => {
    const raw = await rawFile('into a qcow2 volume');
    const path = newPath();
    await run(['qemu-img', 'convert', '-q', '-f', 'raw', '-O', format, raw, path], { silenceTimeoutMs });
    const inspected = await inspectImage(path, image(format), 1, options);
    const volume = { path: await made('-f', 'qcow2', '@', '1G'), kind: 'qcow2' } as const;
    for (const isBlank of [true, false]) {
      await writeImage(newStep(), { imagePath: path, image: inspected, volume, isBlank });
      const back = newPath();
      await run(['qemu-img', 'convert', '-q', '-f', 'qcow2', '-O', 'raw', volume.path, back], { silenceTimeoutMs });
      expect((await stat(back)).size).toBe(gib);
      expect(await readPart(back, 1024 ** 2, 19)).toBe('into a qcow2 volume');
    }
  });

  it('a fixed VHD is known by its end', async () => {
    const raw = await rawFile('in a VHD');
    const path = newPath();
    const argv = ['qemu-img', 'convert', '-q', '-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed', raw, path] as const;
    await run(argv, { silenceTimeoutMs });
    expect((await inspectImage(path, image('vhd'), 1, options)).format).toBe('vpc');
  });
});
