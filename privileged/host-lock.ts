// One at a time on one resource of this host, and never an overtaken one: a lock that children inherit, and a fence.
//
//   withHostLock({stateDir, resourceId, epoch, signal, onWait?}, (lockFd) => …)   throws StorageError StaleEpoch
//
// The lock is on the open file <stateDir>/locks/<resource id>. It belongs to the open file description, so every child that
// inherits `lockFd` keeps it when this process dies, and the kernel lets go when the last of them has ended. The file
// stays: it holds the highest epoch this host has served for the resource.
import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../domain/ids.ts';
import { StorageError } from '../domain/storage-errors.ts';
import { fenceLength, parseFence, printFence, type Fence } from './fence.ts';
import { withFileLock } from './file-lock.ts';

export interface HostLockRequest {
  readonly stateDir: string;
  readonly resourceId: string;
  /** Of the claim that the work belongs to; refused when this host has served a higher one. Null leaves the fence be. */
  readonly epoch: number | null;
  readonly signal: AbortSignal;
  /** Told about once a second, in words, while someone else holds the lock. */
  readonly onWait?: (reason: string) => void;
}

/** Runs `work` alone on the resource. Waiting is cancelled by `signal`; the lock is let go when `work` has settled. */
export async function withHostLock<T>(request: HostLockRequest, work: (lockFd: number) => Promise<T>): Promise<T> {
  const path = join(request.stateDir, 'locks', mustBeUuid(request.resourceId));
  const { signal, onWait } = request;
  return withFileLock(path, { signal, onWait, describeHolder: holderIn }, async (file) => {
    if (request.epoch !== null) await raiseFence(file, path, request.epoch, request.resourceId);
    return work(file.fd);
  });
}

async function raiseFence(file: FileHandle, path: string, epoch: number, resourceId: string): Promise<void> {
  const served = await readFence(file, path);
  if (served && served.epoch > epoch) {
    throw new StorageError(
      'StaleEpoch',
      `claim ${epoch} of ${resourceId} has been overtaken: this host has already served claim ${served.epoch}`,
    );
  }
  // One write of one length over the old text: whoever dies here leaves the old fence or the new one.
  await file.write(printFence({ epoch, pid: process.pid, since: new Date().toISOString() }), 0);
  // Not again for the same claim: a power cut ends every process that could still act under an older one.
  if (served?.epoch !== epoch) await file.datasync();
}

async function readFence(file: FileHandle, path: string): Promise<Fence | null> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(fenceLength), 0, fenceLength, 0);
  return parseFence(buffer.toString('utf8', 0, bytesRead), path);
}

async function holderIn(file: FileHandle): Promise<string> {
  const holder = await readFence(file, 'the lock file').catch(() => null);
  if (!holder) return 'someone';
  const alive = await stat(`/proc/${holder.pid}`).catch(() => null);
  const who = alive ? `pid ${holder.pid}` : `a command that pid ${holder.pid} (gone) left running`;
  return `${who} since ${holder.since} for claim ${holder.epoch}`;
}
