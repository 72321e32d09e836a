// Says what this machine lacks for running instances in a libvirtd of our own, and which Debian package brings it.
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../privileged/find-program.ts';
import { runTool } from '../../privileged/tool.ts';

export interface LackingPart {
  /** In words: what is missing. */
  readonly what: string;
  /** Name for `apt-get install`; null when a package does not help. */
  readonly aptPackage: string | null;
}

interface Part extends LackingPart {
  isThere(): Promise<boolean>;
}

const program = (name: string, aptPackage: string): Part => ({
  what: `the program ${name}`,
  aptPackage,
  isThere: async () => (await findProgram(name)) !== null,
});

const library = (path: string, what: string, aptPackage: string): Part => ({
  what,
  aptPackage,
  isThere: () => isLibrary(path),
});

const parts: readonly Part[] = [
  { what: 'Linux', aptPackage: null, isThere: async () => process.platform === 'linux' },
  { what: 'the rights of root', aptPackage: null, isThere: async () => process.getuid?.() === 0 },
  program('unshare', 'util-linux'),
  {
    what: 'the right to make mount namespaces (CAP_SYS_ADMIN; in a container: --privileged)',
    aptPackage: null,
    isThere: async () => (await runTool('unshare', ['--mount', 'true'], { timeoutMs: 10_000 })).exitCode === 0,
  },
  program('libvirtd', 'libvirt-daemon'),
  program('virsh', 'libvirt-clients'),
  program('qemu-system-x86_64', 'qemu-system-x86'),
  library('libvirt/connection-driver/libvirt_driver_qemu.so', "libvirt's QEMU driver", 'libvirt-daemon-driver-qemu'),
  library('qemu/block-iscsi.so', "QEMU's iSCSI initiator", 'qemu-block-extra'),
];

const guestParts: readonly Part[] = [
  program('busybox', 'busybox-static'),
  program('modprobe', 'kmod'),
  program('depmod', 'kmod'),
  program('xz', 'xz-utils'),
];

/** What startLibvirtd needs and this machine lacks; empty when it can be started. */
export async function probeLibvirt(): Promise<readonly LackingPart[]> {
  return lackingOf(parts);
}

/** What buildGuestImage needs besides a kernel, which it can download. */
export async function probeGuest(): Promise<readonly LackingPart[]> {
  return lackingOf(guestParts);
}

async function lackingOf(all: readonly Part[]): Promise<readonly LackingPart[]> {
  const found = await Promise.all(all.map(async (part) => ({ part, isThere: await part.isThere() })));
  return found.filter(({ isThere }) => !isThere).map(({ part: { what, aptPackage } }) => ({ what, aptPackage }));
}

/** Below /usr/lib, /usr/lib64 or one of Debian's directories per architecture. */
async function isLibrary(path: string): Promise<boolean> {
  const perArchitecture = (await readdir('/usr/lib').catch(() => [])).map((name) => join('/usr/lib', name));
  const tries = ['/usr/lib64', '/usr/lib', ...perArchitecture].map((directory) => access(join(directory, path)));
  return Promise.any(tries).then(
    () => true,
    () => false,
  );
}
