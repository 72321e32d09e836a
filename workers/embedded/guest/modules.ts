// Collects the kernel modules that the guest needs, unpacked and in the order in which they must be loaded.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRunTool, runTool } from '../../../privileged/tool.ts';
import type { GuestKernel } from './kernel.ts';

export interface GuestModule {
  readonly fileName: string;
  readonly content: Buffer;
}

export interface ModuleChoice {
  readonly required: readonly string[];
  /** Loaded where the kernel has them as modules. */
  readonly wanted: readonly string[];
}

/** `button` lets the guest hear hot-unplug requests and the power button, `evdev` tells its acpid about the latter. */
export const guestModules: ModuleChoice = {
  required: ['virtio_pci', 'virtio_blk', 'ext4'],
  wanted: ['crc32c_generic', 'button', 'evdev', 'acpiphp', 'pciehp'],
};

/** By the end of the file's name; the guest's insmod takes only unpacked modules. */
const unpackers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  '.xz': ['xz', '--decompress'],
  '.zst': ['zstd', '--decompress', '--rm', '--quiet'],
  '.gz': ['gzip', '--decompress'],
};

/** Reads them from the kernel's directory; `work` is a directory for unpacking. Throws when a required one is missing. */
export async function collectModules(
  kernel: GuestKernel,
  work: string,
  { required, wanted }: ModuleChoice,
): Promise<readonly GuestModule[]> {
  const paths = new Set<string>();
  for (const name of [...required, ...wanted]) {
    for (const path of await pathsOf(kernel, name, required.includes(name))) paths.add(path);
  }
  await mkdir(work, { recursive: true });
  return Promise.all([...paths].map((path) => unpacked(path, work)));
}

/** The module's files, its dependencies first; none when it is built in. */
async function pathsOf({ root, release }: GuestKernel, name: string, isRequired: boolean): Promise<readonly string[]> {
  const args = ['--dirname', root, '--set-version', release, '--show-depends', name];
  const show = isRequired ? mustRunTool : runTool;
  const { stdout, exitCode } = await show('modprobe', args, { timeoutMs: 10_000 });
  if (exitCode !== 0) return [];
  return stdout.split('\n').flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []);
}

async function unpacked(path: string, work: string): Promise<GuestModule> {
  const packing = Object.keys(unpackers).find((ending) => path.endsWith(ending));
  if (packing === undefined) return { fileName: basename(path), content: await readFile(path) };
  const copy = join(work, basename(path));
  await copyFile(path, copy);
  const [command, ...args] = unpackers[packing] ?? [''];
  await mustRunTool(command, [...args, copy], { timeoutMs: 30_000 });
  const plain = copy.slice(0, -packing.length);
  return { fileName: basename(plain), content: await readFile(plain) };
}
