// Runs rbd(8) and ceph(8) on one pool, as this process's own user, and puts their refusals into words.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { CommandFailedError, run, type RunResult } from '../../../privileged/run.ts';
import type { StepContext } from '../../step.ts';
import * as commands from './commands.ts';
import type { RbdVolumeOptions } from './config.ts';
import {
  parseChildren,
  parseImage,
  parseList,
  parseMonitors,
  parseProgress,
  parseQuotaBytes,
  parseSnapshots,
  parseUse,
  parseWatchers,
  refusalOf,
  type Image,
  type Listed,
  type Monitors,
  type PoolUse,
  type Snapshot,
} from './parse.ts';

const silenceTimeoutMs = 120_000;
/** Long work prints each percent, and one percent of a large image takes its time; lists print at their end. */
const longSilenceTimeoutMs = 3_600_000;
/** 100,000 images with a few snapshots each print about 60 MB. */
const maxOutputChars = 512 * 1024 * 1024;

/** Exit codes of rbd(8) are errno(3)'s. */
export const exit = { done: 0, missing: 2, busy: 16, exists: 17, invalid: 22 } as const;

export interface Work {
  /** Exit codes that are answers; default only 0. */
  readonly ok?: readonly number[];
  /** For long work: how much it is all in all, for the reports. */
  readonly totalBytes?: number;
}

export class RbdClient {
  readonly access: commands.CephAccess;
  readonly pool: string;
  readonly #where: string;

  constructor(options: RbdVolumeOptions) {
    this.access = options;
    this.pool = options.rbd_pool;
    this.#where = `back-end ${options.volume_backend_name}`;
  }

  /** Name of an image or snapshot as the commands take it. */
  spec(image: string, snapshot?: string): string {
    return commands.spec(this.pool, image, snapshot);
  }

  /** Answers the exit code. Throws Misconfigured, Unreachable, PermissionDenied, InsufficientSpace, Busy, Missing. */
  async run(step: StepContext, argv: Argv, { ok = [exit.done], totalBytes }: Work = {}): Promise<RunResult> {
    const { signal, lockFd } = step;
    const report = (text: string): void => {
      const done = parseProgress(text);
      if (done !== null && totalBytes !== undefined) step.reportProgress(Math.floor(done * totalBytes), totalBytes);
    };
    return this.#translated(() =>
      run(argv, {
        silenceTimeoutMs: totalBytes === undefined ? silenceTimeoutMs : longSilenceTimeoutMs,
        okExitCodes: ok,
        onOutput: report,
        onErrorOutput: report,
        signal,
        lockFd,
      }),
    );
  }

  /** The image, or the snapshot of it; null where it is not there. */
  async find(image: string, snapshot?: string): Promise<Image | null> {
    try {
      return parseImage(await this.#ask(commands.showImage(this.access, this.spec(image, snapshot))));
    } catch (error) {
      if (error instanceof StorageError && error.code === 'Missing') return null;
      throw error;
    }
  }

  /** Throws Missing, naming it and the option that says where it should be. */
  async mustFind(image: string, snapshot?: string): Promise<Image> {
    const found = await this.find(image, snapshot);
    if (found) return found;
    throw new StorageError('Missing', `${this.#where}: ${this.spec(image, snapshot)} is not there (option rbd_pool)`);
  }

  async list(): Promise<readonly Listed[]> {
    return parseList(await this.#ask(commands.listAll(this.access, this.pool), longSilenceTimeoutMs));
  }

  async snapshots(image: string): Promise<readonly Snapshot[]> {
    return parseSnapshots(await this.#ask(commands.listSnapshots(this.access, this.spec(image))));
  }

  async children(image: string, snapshot: string): Promise<readonly string[]> {
    return parseChildren(await this.#ask(commands.listChildren(this.access, this.spec(image, snapshot))));
  }

  /** Addresses of those that have the image open. */
  async watchers(image: string): Promise<readonly string[]> {
    return parseWatchers(await this.#ask(commands.showWatchers(this.access, this.spec(image))));
  }

  async monitors(): Promise<Monitors> {
    return parseMonitors(await this.#ask(commands.showMonitors(this.access)));
  }

  async poolUse(): Promise<PoolUse | null> {
    return parseUse(await this.#ask(commands.showUse(this.access)), this.pool);
  }

  /** Throws Misconfigured when there is no such pool. */
  async quotaBytes(): Promise<number> {
    return parseQuotaBytes(await this.#ask(commands.showQuota(this.access, this.pool)));
  }

  async #ask(argv: Argv, timeoutMs = silenceTimeoutMs): Promise<string> {
    const { stdout } = await this.#translated(() => run(argv, { silenceTimeoutMs: timeoutMs, maxOutputChars }));
    return stdout;
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      throw refusalOf(error, this.#where) ?? error;
    }
  }
}
