// The programs of Debian's that real storage, and the demo's instance, need: named once, installed where that is allowed.
import { aptInstall } from './apt.ts';

/** Target, initiator, images, libvirt with QEMU, and what a small guest is made of. */
const storagePackages: readonly string[] = [
  ...['tgt', 'libiscsi-bin', 'qemu-utils', 'qemu-block-extra', 'qemu-system-x86', 'seabios'],
  ...['libvirt-daemon', 'libvirt-daemon-driver-qemu', 'libvirt-clients', 'libvirt-daemon-system'],
  ...['libvirt-daemon-system-sysv', 'busybox-static', 'kmod', 'cpio', 'xz-utils', 'e2fsprogs'],
];

/** What the tests use inside the lab VM, which sees this machine's programs; on the host itself none of it is started. */
const labPackages: readonly string[] = [
  ...['qemu-system-x86', 'qemu-system-common', 'seabios', 'qemu-utils', 'busybox-static', 'kmod', 'udev'],
  ...['lvm2', 'thin-provisioning-tools', 'tgt', 'open-iscsi', 'nvme-cli', 'nfs-kernel-server', 'nfs-common'],
];

/** A Ceph of one node for the suite `driver`, and its clients: 51 MB to fetch. */
const cephPackages: readonly string[] = ['ceph-mon', 'ceph-osd', 'ceph-mgr', 'ceph-common'];

/** Installs those that are missing; where it cannot, says what to type and goes on: whoever needs one says so again. */
export async function installStoragePrograms(say: (line: string) => void): Promise<void> {
  await installed(storagePackages, say);
}

/** The same for the suite `lab`. */
export async function installLabPrograms(say: (line: string) => void): Promise<void> {
  await installed(labPackages, say);
}

/** What stands in for the images of docker-compose.yml in the suite `cluster`. */
export async function installDeploymentPrograms(say: (line: string) => void): Promise<void> {
  await installed(['nginx-light', 'curl', 'tgt'], say);
}

/** The same for the tests against a real Ceph. */
export async function installCephPrograms(say: (line: string) => void): Promise<void> {
  await installed(cephPackages, say);
}

async function installed(packages: readonly string[], say: (line: string) => void): Promise<void> {
  await aptInstall(packages, { say }).catch((error: Error) => say(`not installed: ${error.message}`));
}
