// What Node cannot ask the kernel: who is at the other end of a socket, and for another process's open file.
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import koffi from 'koffi';

/** Linux, the same on every architecture: pidfd_open(2), pidfd_getfd(2); socket(7); setrlimit(2). */
const pidfdOpen = 434;
const pidfdGetfd = 438;
const solSocket = 1;
const soPeercred = 17;
const rlimitNofile = 7;

const libc = koffi.load(null);
const syscall = libc.func('long syscall(long number, long a, long b, long c)') as (
  ...args: [number, number, number, number]
) => number;
const getsockopt = libc.func(
  'int getsockopt(int socket, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
) as (socket: number, level: number, name: number, value: Buffer, length: number[]) => number;
const getrlimit = libc.func('int getrlimit(int resource, _Out_ void *limits)') as (n: number, limits: Buffer) => number;
const setrlimit = libc.func('int setrlimit(int resource, void *limits)') as (n: number, limits: Buffer) => number;

export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who connected, as the kernel noted it then (SO_PEERCRED). Throws when the kernel does not say. */
export function peerOf(socket: Socket): Peer {
  // Node shows the descriptor of a socket nowhere else.
  const fd = (socket as unknown as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
  const value = Buffer.alloc(12);
  if (fd === undefined || getsockopt(fd, solSocket, soPeercred, value, [value.length]) !== 0) {
    throw new Error('the kernel does not say who connected');
  }
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) };
}

/**
 * A second descriptor of the very open file that process `pid` has as `fd`, so that what is locked on it stays locked
 * while either is open. The caller closes it. Throws when the process is gone or the kernel refuses (it needs Linux 5.6
 * and the right to trace the process).
 */
export function duplicateOf(pid: number, fd: number): number {
  const process = syscall(pidfdOpen, pid, 0, 0);
  if (process < 0) throw new Error(`process ${pid} is gone (errno ${koffi.errno()})`);
  const copy = syscall(pidfdGetfd, process, fd, 0);
  const errno = koffi.errno();
  closeSync(process);
  if (copy < 0) throw new Error(`descriptor ${fd} of process ${pid} cannot be had (errno ${errno})`);
  return copy;
}

/** Lowers this process's limit of open files, which its children inherit; never raises it. */
export function limitOpenFiles(most: number): void {
  const limits = Buffer.alloc(16);
  if (getrlimit(rlimitNofile, limits) !== 0 || limits.readBigUInt64LE(0) <= BigInt(most)) return;
  limits.writeBigUInt64LE(BigInt(most), 0);
  setrlimit(rlimitNofile, limits);
}
