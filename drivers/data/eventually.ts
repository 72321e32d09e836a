// Waits for something that a host does in its own time.
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../../domain/storage-errors.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly intervalMs?: number;
}

/** Asks until the answer is true. Throws StorageError CommandTimeout naming `what`, or the signal's reason. */
export async function eventually(what: string, options: WaitOptions, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  while (!(await isSo())) {
    options.signal?.throwIfAborted();
    if (Date.now() >= deadline) throw new StorageError('CommandTimeout', `waited ${options.timeoutMs} ms for ${what}`);
    await delay(options.intervalMs ?? 20);
  }
}
