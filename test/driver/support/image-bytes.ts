// Bytes of images, as an instance would see them: qemu-io reads and writes through a chain of overlays.
import { open, rm } from 'node:fs/promises';
import { run } from '../../../privileged/run.ts';

const limits = { silenceTimeoutMs: 120_000 };
const scratch = (path: string): string => `${path}.bytes-of-test`;

/** `qcow2` where the file says so: for tests only, which know that no guest has written it. */
async function formatOf(path: string): Promise<'raw' | 'qcow2'> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === 'QFI\u00fb' ? 'qcow2' : 'raw';
  } finally {
    await file.close();
  }
}

export async function readImageAt(path: string, position: number, length: number): Promise<Buffer> {
  const [format, block] = [await formatOf(path), 1024 ** 2];
  // qemu-img's count begins at the image's start, not behind what is skipped.
  const words = [`bs=${block}`, `skip=${position / block}`, `count=${(position + length) / block}`];
  await run(['qemu-img', 'dd', '-f', format, '-O', 'raw', ...words, `if=${path}`, `of=${scratch(path)}`], limits);
  const file = await open(scratch(path), 'r');
  try {
    return (await file.read(Buffer.alloc(length), 0, length, 0)).buffer;
  } finally {
    await file.close();
    await rm(scratch(path));
  }
}

export async function writeImageAt(path: string, position: number, data: Buffer): Promise<void> {
  const file = await open(scratch(path), 'w');
  await file.write(data);
  await file.close();
  const command = `write -s ${scratch(path)} ${position} ${data.length}`;
  await run(['qemu-io', '-f', await formatOf(path), '-c', command, path], limits);
  await rm(scratch(path));
}
