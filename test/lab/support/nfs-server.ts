// The kernel's NFS server in the lab VM.
import type { LabVm } from '../vm/lab-vm.ts';

export const nfsModules = ['nfsd', 'nfs', 'nfsv4'] as const;
/** By program: the Debian package that brings it. */
export const nfsPrograms = { 'rpc.nfsd': 'nfs-kernel-server', 'mount.nfs': 'nfs-common' } as const;

export interface NfsServer {
  /** `127.0.0.1:/…`, one for each size. */
  readonly shares: readonly string[];
  /** Path of a share's files on the server's side. */
  directoryOf(share: string): string;
}

const root = '/run/nfsroot';

/**
 * Starts it with a file system in memory for each of `sizes` (`64M`). The VM's own root cannot be exported (an overlay
 * over FUSE). Clients of an old life are waited for no longer than the shortest grace period.
 */
export async function startNfsServer(vm: LabVm, sizes: readonly string[]): Promise<NfsServer> {
  const names = sizes.map((_size, index) => `/share${index + 1}`);
  const options = 'rw,sync,no_subtree_check,no_root_squash,insecure';
  const exports = names.map((name, index) => `${name} 127.0.0.1(${options},fsid=${index + 1})`);
  const prepare = [
    `mkdir -p ${root} && mount -t tmpfs tmpfs ${root}`,
    ...names.map(
      (name, index) => `mkdir ${root}${name} && mount -t tmpfs -o size=${sizes[index]} tmpfs ${root}${name}`,
    ),
    'mkdir -p /etc/nfs.conf.d /run/rpc_pipefs /run/sendsigs.omit.d',
    `printf '[exports]\\nrootdir=${root}\\n' > /etc/nfs.conf.d/lab.conf`,
    `printf '%s\\n' ${exports.map((line) => `'${line}'`).join(' ')} > /etc/exports`,
    'mount -t tmpfs tmpfs /var/lib/nfs && cd /var/lib/nfs && mkdir v4recovery sm sm.bak rpc_pipefs && touch etab rmtab state xtab',
    'mount -t nfsd nfsd /proc/fs/nfsd',
    'rpcbind -w',
    'exportfs -ar',
    'rpc.mountd --no-nfs-version 3',
    'rpc.nfsd --no-nfs-version 3 --grace-time 10 --lease-time 10 2',
    // Nobody has anything to reclaim: no need to wait for the end of it.
    'echo Y > /proc/fs/nfsd/v4_end_grace',
  ];
  await vm.mustExec(['sh', '-c', prepare.join(' && ')]);
  return {
    shares: names.map((name) => `127.0.0.1:${name}`),
    directoryOf: (share) => `${root}${share.slice(share.indexOf('/'))}`,
  };
}
