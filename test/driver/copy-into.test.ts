// Copying one volume's bytes over another's: holes, zeros, and going on where a dead attempt left off.
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyInto } from '../../drivers/data/copy-into.ts';
import { newStep } from './support/step.ts';

const mib = 1024 ** 2;
const sizeBytes = 144 * mib;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-copy-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function sparse(name: string, data: readonly (readonly [offset: number, bytes: Buffer])[]): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, '');
  await truncate(path, sizeBytes);
  const file = await open(path, 'r+');
  for (const [offset, bytes] of data) await file.write(bytes, 0, bytes.length, offset);
  await file.close();
  return path;
}

it('makes the target read as the source, and erases what the target held in its holes', async () => {
  const data = randomBytes(3 * mib);
  const sourcePath = await sparse('source', [[5 * mib, data]]);
  const targetPath = await sparse('target', [
    [4 * mib, randomBytes(2 * mib)],
    [120 * mib, randomBytes(mib)],
  ]);
  await copyInto(newStep(), { sourcePath, targetPath, sizeBytes, targetIsBlank: false });
  expect((await readFile(targetPath)).equals(await readFile(sourcePath))).toBe(true);
});

it('leaves a blank target sparse where the source has holes or zeros', async () => {
  const sourcePath = await sparse('source-zeros', [
    [0, Buffer.alloc(8 * mib)],
    [100 * mib, randomBytes(mib)],
  ]);
  const targetPath = await sparse('target-blank', []);
  await copyInto(newStep(), { sourcePath, targetPath, sizeBytes, targetIsBlank: true });
  expect((await readFile(targetPath)).equals(await readFile(sourcePath))).toBe(true);
  expect((await stat(targetPath)).blocks * 512).toBeLessThan(6 * mib);
});

it('begins where the last attempt had come to on the disk, and says where it is', async () => {
  const sourcePath = await sparse('source-long', [[0, randomBytes(140 * mib)]]);
  const targetPath = await sparse('target-long', []);
  const noted: number[] = [];
  await copyInto(newStep({ noteDurableBytes: (bytes) => noted.push(bytes) }), {
    ...{ sourcePath, targetPath, sizeBytes },
    targetIsBlank: true,
  });
  expect(noted).toEqual([128 * mib]);
  await truncate(targetPath, 0);
  await truncate(targetPath, sizeBytes);
  await copyInto(newStep({ resumeAtBytes: 128 * mib }), { sourcePath, targetPath, sizeBytes, targetIsBlank: true });
  expect((await stat(targetPath)).blocks * 512).toBe(12 * mib);
});

it('refuses a source that ends before its size', async () => {
  const sourcePath = await sparse('source-short', [[0, randomBytes(mib)]]);
  const targetPath = await sparse('target-short', []);
  const wish = copyInto(newStep(), { sourcePath, targetPath, sizeBytes: sizeBytes * 2, targetIsBlank: true });
  await expect(wish).rejects.toMatchObject({ code: 'UnexpectedOutput' });
});
