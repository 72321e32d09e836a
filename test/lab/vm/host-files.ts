// Shares the host's files with a lab VM, which cannot write them whatever its root tries.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import { eventually } from '../../support/eventually.ts';
import { lastLines } from './initramfs.ts';

/** Debian's qemu-system-common brings it; where newer, a package of its own does. */
export const virtiofsdPath = '/usr/lib/qemu/virtiofsd';

/**
 * The C virtiofsd has no read-only switch, and root in the VM may remount: so it sees, in a mount namespace of its own,
 * only read-only mounts. What cannot be made so is the kernel's own (proc and the like).
 */
const readOnlyServer = `
mount --bind "$1" "$1"
mkdir -p /run/virtiofsd && mount -t tmpfs tmpfs /run/virtiofsd
while read -r id parent device root target options rest; do
  case $target in "$1"|/run/virtiofsd) continue;; esac
  mount -o remount,bind,ro "$target" 2>/dev/null && continue
  case "$rest" in *" - proc "*|*" - sysfs "*|*" - cgroup"*|*" - devpts "*|*" - mqueue "*) ;; *" - "*" ro"*) ;;
    *) case $options in ro|ro,*) ;; *) [ -d "$target" ] && { echo "cannot protect $target"; exit 1; };; esac;;
  esac
done < /proc/self/mountinfo
exec "$2" --socket-path="$1/files.sock" -o source=/ -o cache=always -o sandbox=chroot
`;

/** Answers once QEMU can connect to `<runDirectory>/files.sock`. */
export async function shareHostFiles(runDirectory: string): Promise<Daemon> {
  const logFile = join(runDirectory, 'files.log');
  const daemon = await startDaemon({
    command: 'unshare',
    args: [
      ...['--mount', '--propagation', 'private', 'sh', '-c', readOnlyServer, 'share'],
      ...[runDirectory, virtiofsdPath],
    ],
    logFile,
    stopSignal: 'SIGTERM',
  });
  let ended = false;
  void daemon.exited.then(() => (ended = true));
  try {
    await eventually(async () => {
      if (ended) return;
      await stat(join(runDirectory, 'files.sock'));
    }, 30_000);
    if (ended) throw new Error('virtiofsd has ended');
  } catch (error) {
    daemon.kill();
    throw new Error(`the host's files cannot be shared: ${await lastLines(logFile)}`, { cause: error });
  }
  return daemon;
}
