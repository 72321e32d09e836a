// Keeps one NFS share mounted: mounts it where it is not, and asks its server before anyone relies on it.
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../../domain/storage-errors.ts';
import type { Argv } from '../../privileged/argv.ts';
import { runAsRoot } from '../../privileged/root.ts';
import { run, type RunOptions, type RunResult } from '../../privileged/run.ts';
import { translateFsError, userName, type PathOrigin } from '../data/fs-errors.ts';
import { makeDirectories } from '../data/make-directories.ts';
import { fileSystemOf, mountShare } from './commands.ts';
import { shareError, type ShareOrigin } from './errors.ts';
import { mountAt } from './mounts.ts';
import { isSameShare, mountDirectory } from './share.ts';

export interface NfsMountSettings {
  readonly share: string;
  /** The option that names the share. */
  readonly shareOption: string;
  /** The directory of mount points, and the option that sets it. */
  readonly base: PathOrigin;
  readonly mountOptions: string | null;
  readonly attempts: number;
}

/** A server that answers at all answers within a second; one that is being restarted takes its grace period. */
const probeTimeoutMs = 20_000;
/** mount.nfs itself tries for two minutes. */
const mountTimeoutMs = 60_000;
const betweenAttemptsMs = 1_000;

/** A mounted share, as those who work on its files need it. */
export interface ShareMount {
  readonly share: string;
  mounted(): Promise<string>;
  run(argv: Argv, options: RunOptions): Promise<RunResult>;
  translate(error: unknown): unknown;
}

export class NfsMount implements ShareMount {
  readonly share: string;
  readonly #settings: NfsMountSettings;
  #path: string | null = null;
  #mounting: Promise<string> | null = null;

  constructor(settings: NfsMountSettings) {
    this.share = settings.share;
    this.#settings = settings;
  }

  /**
   * The mount point, mounted; for work by `run`, which notices a server that is away. Throws Unreachable naming the
   * share; PermissionDenied or Misconfigured naming the option, the path and the user; CommandMissing.
   */
  async mounted(): Promise<string> {
    return (this.#mounting ??= this.#look().finally(() => (this.#mounting = null)));
  }

  /** As `mounted`, with a server behind it that has answered just now: for those who open files there themselves. */
  async answering(signal?: AbortSignal): Promise<string> {
    const path = await this.mounted();
    await this.run(fileSystemOf(path), { silenceTimeoutMs: probeTimeoutMs, signal });
    return path;
  }

  /** Runs a command on what `mounted` answered; its failures name the share. */
  async run(argv: Argv, options: RunOptions): Promise<RunResult> {
    return this.#command(() => run(argv, options));
  }

  /** A failure of work on the share, as a StorageError that names it. */
  translate(error: unknown): unknown {
    return shareError(error, this.#origin);
  }

  async #look(): Promise<string> {
    const path = (this.#path ??= await this.#makeMountPoint());
    const found = await mountAt(path);
    if (found === null) await this.#mount(path);
    else if (!found.type.startsWith('nfs') || !isSameShare(found.source, this.share)) {
      throw new StorageError(
        'Misconfigured',
        `${path} (below ${this.#settings.base.option}) is the mount point of ${this.share}, but ${found.source} ` +
          `(${found.type}) is mounted there`,
      );
    }
    return path;
  }

  /** Looked for in the kernel's list first: making sure of a directory under a mount that hangs would hang too. */
  async #makeMountPoint(): Promise<string> {
    const { base } = this.#settings;
    const made = async (path: string, origin: PathOrigin): Promise<string> => {
      try {
        await makeDirectories(path, 0o755);
        return path;
      } catch (error) {
        const translated = translateFsError(error, { ...origin, path });
        if (!(translated instanceof StorageError)) throw error;
        const words = `${translated.message}; it cannot be made by user ${userName()}`;
        throw new StorageError(translated.code, words, { cause: error });
      }
    };
    const directory = await realpath(await made(base.path, base));
    const path = join(directory, mountDirectory(this.share));
    return (await mountAt(path)) === null ? made(path, base) : path;
  }

  async #mount(path: string): Promise<void> {
    const { attempts, mountOptions } = this.#settings;
    const argv = mountShare(this.share, path, mountOptions);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#command(() => runAsRoot(argv, { silenceTimeoutMs: mountTimeoutMs }));
        return;
      } catch (error) {
        // Another worker of this host was quicker.
        if ((await mountAt(path)) !== null) return;
        const mayPass = error instanceof StorageError && error.kind === 'passing';
        if (!mayPass || attempt >= attempts) throw error;
        await delay(betweenAttemptsMs);
      }
    }
  }

  get #origin(): ShareOrigin {
    const { shareOption: option, base } = this.#settings;
    return { share: this.share, option, path: this.#path ?? base.path };
  }

  async #command(work: () => Promise<RunResult>): Promise<RunResult> {
    try {
      return await work();
    } catch (error) {
      throw this.translate(error);
    }
  }
}
