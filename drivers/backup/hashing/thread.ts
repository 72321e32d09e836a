// One thread of the backup engine as the engine sees it: a job goes out, a promise of its answer comes back.
import { Worker } from 'node:worker_threads';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { AnswerMessage, Answers, Job, SlotLayout } from './jobs.ts';

interface Waiting {
  readonly resolve: (value: Answers[keyof Answers]) => void;
  readonly reject: (error: unknown) => void;
}

/** Started with its first job, and anew after it has died. It keeps the process alive only while it has work. */
export class HashingThread {
  readonly #layout: SlotLayout;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 0;

  constructor(layout: SlotLayout) {
    this.#layout = layout;
  }

  get load(): number {
    return this.#waiting.size;
  }

  /** Jobs of one thread are done in the order in which they are asked for. Rejects with the file system's error codes. */
  ask<K extends keyof Answers>(job: Job & { readonly kind: K }): Promise<Answers[K]> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    return new Promise<Answers[K]>((resolve, reject) => {
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ ...job, id });
    });
  }

  /** Unanswered jobs are rejected. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker) this.#died(worker, 'the engine was closed');
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = startWorker(this.#layout);
    worker.on('message', (message: AnswerMessage) => this.#settle(message));
    const died = (why: string): void => this.#died(worker, why);
    worker.once('error', (error) => died(error.message));
    worker.once('exit', () => died('it was ended'));
    worker.unref();
    return worker;
  }

  #settle(message: AnswerMessage): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ('value' in message) waiting?.resolve(message.value);
    else waiting?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
  }

  #died(worker: Worker, why: string): void {
    // An error is followed by an exit, when another thread may have taken its place.
    if (this.#worker !== worker) return;
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting)
      reject(new StorageError('Internal', `a thread of the backup engine ended: ${why}`));
  }
}

function startWorker(workerData: SlotLayout): Worker {
  const script = import.meta.url.endsWith('.ts') ? './worker-from-source.js' : './worker.js';
  return new Worker(new URL(script, import.meta.url), { workerData, execArgv: [] });
}
