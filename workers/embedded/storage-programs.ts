// The programs of Debian's that real storage, and the demo's instance, need: named once, installed where that is allowed.
import { aptInstall } from './apt.ts';

/** Target, initiator, images, libvirt with QEMU, and what a small guest is made of. */
const storagePackages: readonly string[] = [
  ...['tgt', 'libiscsi-bin', 'qemu-utils', 'qemu-block-extra', 'qemu-system-x86', 'seabios'],
  ...['libvirt-daemon', 'libvirt-daemon-driver-qemu', 'libvirt-clients', 'libvirt-daemon-system'],
  ...['libvirt-daemon-system-sysv', 'busybox-static', 'kmod', 'cpio', 'xz-utils', 'e2fsprogs'],
];

/** Installs those that are missing; where it cannot, says what to type and goes on: whoever needs one says so again. */
export async function installStoragePrograms(say: (line: string) => void): Promise<void> {
  await aptInstall(storagePackages, { say }).catch((error: Error) => say(`not installed: ${error.message}`));
}
