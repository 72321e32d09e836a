// Finds a Linux kernel with virtio modules for the guest: this machine's own, or Debian's cloud kernel in the cache.
import { access, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool, runTool } from '../../../privileged/tool.ts';

export interface GuestKernel {
  /** As `uname -r` says it. */
  readonly release: string;
  readonly imagePath: string;
  /** Directory that holds lib/modules/<release>. */
  readonly root: string;
}

/** Built for virtual machines: small, LZ4-packed (it unpacks 2.5 s faster under TCG than the general one), ext4 built in. */
const cloudKernelPackage = 'linux-image-cloud-amd64';
const downloadTimeoutMs = 300_000;

/**
 * The newest usable kernel of /boot, else the one cached in `cacheDir`, else Debian's cloud kernel, downloaded with
 * apt-get and unpacked there, never installed. Throws, saying what to do, where none of these works.
 */
export async function findKernel(cacheDir: string, say: (line: string) => void): Promise<GuestKernel> {
  return (await usableKernel('/')) ?? (await cachedKernel(cacheDir)) ?? (await downloadKernel(cacheDir, say));
}

async function usableKernel(root: string): Promise<GuestKernel | null> {
  const names = await readdir(join(root, 'boot')).catch(() => []);
  const releases = names.filter((name) => name.startsWith('vmlinuz-')).map((name) => name.slice('vmlinuz-'.length));
  for (const release of releases.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))) {
    const kernel = { release, root, imagePath: join(root, 'boot', `vmlinuz-${release}`) };
    if ((await isReadable(kernel.imagePath)) && (await hasVirtio(kernel))) return kernel;
  }
  return null;
}

async function hasVirtio({ root, release }: GuestKernel): Promise<boolean> {
  const args = ['--dirname', root, '--set-version', release, '--show-depends', 'virtio_blk'];
  return (await runTool('modprobe', args, { timeoutMs: 10_000 })).exitCode === 0;
}

async function isReadable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function cachedKernel(cacheDir: string): Promise<GuestKernel | null> {
  const names = await readdir(cacheDir).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith('kernel-'))) {
    const kernel = await usableKernel(join(cacheDir, name));
    if (kernel) return kernel;
  }
  return null;
}

async function downloadKernel(cacheDir: string, say: (line: string) => void): Promise<GuestKernel> {
  if (process.arch !== 'x64') throw new Error(`the guest needs an x86-64 machine; this one is ${process.arch}`);
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'download-'));
  try {
    const packageName = await newestPackage();
    say(`downloading ${packageName} (27 MB) for the guest`);
    // apt's own user may not write to our directory.
    const download = ['-o', 'APT::Sandbox::User=root', 'download', packageName];
    await mustRunTool('apt-get', download, { cwd: work, timeoutMs: downloadTimeoutMs });
    const [archive] = (await readdir(work)).filter((name) => name.endsWith('.deb'));
    if (!archive) throw new Error(`apt-get download ${packageName} left no package`);
    const root = join(work, 'root');
    await mustRunTool('dpkg-deb', ['--extract', join(work, archive), root], { timeoutMs: 120_000 });
    // Newer packages put the modules below /usr only.
    if (!(await isReadable(join(root, 'lib')))) await symlink('usr/lib', join(root, 'lib'));
    await mustRunTool('depmod', ['--basedir', root, packageName.replace('linux-image-', '')], { timeoutMs: 120_000 });
    await publish(root, join(cacheDir, `kernel-${packageName.replace('linux-image-', '')}`));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const kernel = await cachedKernel(cacheDir);
  if (!kernel) throw new Error(`the kernel of ${cloudKernelPackage} has no virtio_blk module`);
  return kernel;
}

/** One rename, so that the cache holds a whole kernel or none; someone else's, made meanwhile, is as good. */
async function publish(made: string, wanted: string): Promise<void> {
  await rename(made, wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** The package that the cloud kernel's meta-package stands for; reads the package lists anew when they do not know it. */
async function newestPackage(): Promise<string> {
  const known = await dependencyOfMetaPackage();
  if (known) return known;
  const update = await runTool('apt-get', ['update'], { timeoutMs: downloadTimeoutMs });
  const found = await dependencyOfMetaPackage();
  if (found) return found;
  throw new Error(
    `no kernel for the guest: /boot has none with virtio modules, and apt does not know ${cloudKernelPackage} ` +
      `(${update.summary}); on Debian run: apt-get update`,
  );
}

async function dependencyOfMetaPackage(): Promise<string | null> {
  const { stdout } = await runTool('apt-cache', ['depends', cloudKernelPackage], {
    timeoutMs: 60_000,
    env: { LC_ALL: 'C' },
  });
  return /Depends: (linux-image-\d\S*)/.exec(stdout)?.[1] ?? null;
}
