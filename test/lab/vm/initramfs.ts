// Builds what the lab VM boots from: Debian's kernel, and an initramfs with the modules that reach the host's files.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cpioArchive, type CpioEntry } from '../../../workers/embedded/guest/cpio.ts';
import { readBusybox } from '../../../workers/embedded/guest/image.ts';
import { findKernel, type GuestKernel } from '../../../workers/embedded/guest/kernel.ts';
import { collectModules, type GuestModule } from '../../../workers/embedded/guest/modules.ts';
import { cacheDirectory } from '../../../workers/config/environment.ts';
import { initramfsScripts } from './guest-scripts.ts';

const modules = ['virtio_pci', 'virtio_blk', 'virtio_net', 'overlay', 'virtiofs'];
const directories = ['bin', 'dev', 'layer', 'lower', 'modules', 'newroot', 'proc', 'sys'];

export interface LabImage {
  readonly kernel: GuestKernel;
  readonly initramfs: Buffer;
}

/** Takes about half a second; the first time on a machine without a kernel, a download of 27 MB. */
export async function buildLabImage(): Promise<LabImage> {
  // The same kernel as the guests of the other suites.
  const cache = join(cacheDirectory(), 'guest');
  await mkdir(cache, { recursive: true });
  const kernel = await findKernel(cache, (line) => console.error(line));
  const work = await mkdtemp(join(cache, 'lab-'));
  try {
    const found = await collectModules(kernel, work, { required: modules, wanted: ['crc32c_generic'] });
    return { kernel, initramfs: cpioArchive(entriesOf(await readBusybox(), found)) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function entriesOf(busybox: Buffer, found: readonly GuestModule[]): readonly CpioEntry[] {
  const order = Buffer.from(found.map(({ fileName }) => `${fileName}\n`).join(''));
  const file = (path: string, content: Buffer): CpioEntry => ({ path, kind: 'file', mode: 0o755, content });
  return [
    ...directories.map((path): CpioEntry => ({ path, kind: 'directory', mode: 0o755 })),
    { path: 'dev/console', kind: 'character-device', mode: 0o600, device: [5, 1] },
    file('bin/busybox', busybox),
    ...Object.entries(initramfsScripts).map(([path, text]) => file(path, Buffer.from(text))),
    ...found.map(({ fileName, content }) => file(`modules/${fileName}`, content)),
    file('modules/order', order),
  ];
}

/** The last lines of a file that may not be there: for errors. */
export async function lastLines(path: string, count = 15): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.replaceAll('\r', '').trim().split('\n').slice(-count).join('\n');
}
