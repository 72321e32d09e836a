// Reads and writes a few bytes inside a large file.
import { open } from 'node:fs/promises';

export async function writePart(path: string, position: number, words: string | Buffer): Promise<void> {
  const file = await open(path, 'r+');
  const bytes = Buffer.from(words);
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

export async function readBytes(path: string, position: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  await file.close();
  return buffer;
}

export const readPart = async (path: string, position: number, length: number): Promise<string> =>
  (await readBytes(path, position, length)).toString();
