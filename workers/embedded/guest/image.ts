// Builds the demo's and the tests' guest: a real Linux kernel with an initramfs of busybox and a command channel.
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpioArchive, type CpioEntry } from './cpio.ts';
import { guestScripts } from './init-script.ts';
import { findKernel } from './kernel.ts';
import { collectModules, guestModules, type GuestModule } from './modules.ts';

export interface GuestImage {
  /** Full paths, readable by everyone, for libvirt's direct kernel boot. */
  readonly kernel: string;
  readonly initrd: string;
}

const busyboxPaths = ['/bin/busybox', '/usr/bin/busybox', '/bin/busybox-static'];
const directories = ['bin', 'dev', 'etc', 'etc/acpi', 'etc/acpi/PWRF', 'mnt', 'modules', 'proc', 'run', 'sys', 'tmp'];

/**
 * The image, built in `cacheDir` unless the same one is there: its directory is named by its content and appears whole.
 * Takes ~2 s after a download of 27 MB, a few ms afterwards. Throws, saying what is missing.
 */
export async function buildGuestImage(cacheDir: string, say: (line: string) => void = () => {}): Promise<GuestImage> {
  await mkdir(cacheDir, { recursive: true });
  const kernel = await findKernel(cacheDir, say);
  const busybox = await readBusybox();
  const work = await mkdtemp(join(cacheDir, 'build-'));
  try {
    const initrd = cpioArchive(entriesOf(busybox, await collectModules(kernel, join(work, 'modules'), guestModules)));
    const digest = createHash('sha256').update(kernel.release).update(initrd).digest('hex');
    const directory = join(cacheDir, `guest-${digest.slice(0, 16)}`);
    const image = { kernel: join(directory, 'vmlinuz'), initrd: join(directory, 'initrd') };
    if (await isThere(image.initrd)) return image;
    const made = join(work, 'image');
    await mkdir(made);
    // A copy: a package upgrade must not take the kernel from under a guest that is defined with it.
    await copyFile(kernel.imagePath, join(made, 'vmlinuz'));
    await writeFile(join(made, 'initrd'), initrd);
    await rename(made, directory).catch(async (error: unknown) => {
      if (!(await isThere(image.initrd))) throw error;
    });
    return image;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A static busybox's bytes. Throws, naming the package that brings one. */
export async function readBusybox(): Promise<Buffer> {
  for (const path of busyboxPaths) {
    const content = await readFile(path).catch(() => null);
    // A dynamically linked one names its loader, which the guest does not have.
    if (content !== null && !content.includes('/ld-linux') && !content.includes('/ld-musl')) return content;
  }
  throw new Error('the guest needs a statically linked busybox; on Debian install the package busybox-static');
}

function entriesOf(busybox: Buffer, modules: readonly GuestModule[]): readonly CpioEntry[] {
  const order = Buffer.from(modules.map(({ fileName }) => `${fileName}\n`).join(''));
  return [
    ...directories.map((path): CpioEntry => ({ path, kind: 'directory', mode: 0o755 })),
    // The kernel opens it for the first process before anything is mounted.
    { path: 'dev/console', kind: 'character-device', mode: 0o600, device: [5, 1] },
    { path: 'bin/busybox', kind: 'file', mode: 0o755, content: busybox },
    ...Object.entries(guestScripts).map(([path, text]): CpioEntry => ({
      path,
      kind: 'file',
      mode: 0o755,
      content: Buffer.from(text),
    })),
    ...modules.map(({ fileName, content }): CpioEntry => ({
      path: `modules/${fileName}`,
      kind: 'file',
      mode: 0o644,
      content,
    })),
    { path: 'modules/order', kind: 'file', mode: 0o644, content: order },
  ];
}
