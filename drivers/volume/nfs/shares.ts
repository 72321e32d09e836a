// The shares of one back-end: which there are, which holds a volume, and which a new volume goes to.
import { readFile } from 'node:fs/promises';
import { gibToBytes } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import { translateFsError } from '../../data/fs-errors.ts';
import { NfsMount, type NfsMountSettings, type ShareMount } from '../../nfs/mount.ts';
import type { NfsVolumeOptions } from './config.ts';
import { parseShares, type ConfiguredShare, type Space } from './parse.ts';
import { ShareFiles } from './share-files.ts';

export interface ShareUse extends Space {
  readonly files: ShareFiles;
  /** Bytes that its files seem to have. */
  readonly allocatedBytes: number;
}

export class NfsShares {
  readonly #options: NfsVolumeOptions;
  readonly #mount: (settings: NfsMountSettings) => ShareMount;
  readonly #prepared = new Set<string>();
  #mounts: readonly ShareMount[] | null = null;

  /** `mount` is for tests without a server. */
  constructor(options: NfsVolumeOptions, mount = (settings: NfsMountSettings): ShareMount => new NfsMount(settings)) {
    this.#options = options;
    this.#mount = mount;
  }

  /** Reads the list of shares; mounts nothing. Throws Misconfigured, Missing, PermissionDenied naming the option. */
  async configured(): Promise<readonly ShareMount[]> {
    return (this.#mounts ??= (await this.#list()).map((each) => this.#mountOf(each)));
  }

  /** The mount options of `share`, as an initiator is told them. */
  async optionsOf(share: string): Promise<string | null> {
    return (await this.#list()).find((each) => each.share === share)?.mountOptions ?? this.#shared;
  }

  /** Every share that answers; throws the first failure when none does. */
  async open(): Promise<readonly ShareFiles[]> {
    const { found, failures } = await this.#each((files) => Promise.resolve(files));
    if (found.length === 0 && failures.length > 0) throw failures[0];
    return found;
  }

  /**
   * What `look` finds on one of the shares, or null. A share that does not answer is of no matter when another has it;
   * otherwise its failure is thrown, because "not there" would be taken for "deleted".
   */
  async find<T>(look: (files: ShareFiles) => Promise<T | null>): Promise<T | null> {
    const { found, failures } = await this.#each(look);
    const there = found.filter((each): each is NonNullable<typeof each> => each !== null);
    if (there[0] !== undefined) return there[0];
    if (failures.length > 0) throw failures[0];
    return null;
  }

  /** Makes the directory of notes on a share, once in this process. */
  async prepare(files: ShareFiles): Promise<void> {
    if (this.#prepared.has(files.share)) return;
    await files.makeNotesDirectory();
    this.#prepared.add(files.share);
  }

  async uses(): Promise<readonly ShareUse[]> {
    const { found, failures } = await this.#each(async (files) => ({
      files,
      ...(await files.space()),
      allocatedBytes: await files.allocatedBytes(),
    }));
    if (found.length === 0 && failures.length > 0) throw failures[0];
    return found;
  }

  /** The least allocated of the shares that may take `sizeGib` more, as Cinder chooses. Throws InsufficientSpace. */
  async choose(sizeGib: number): Promise<ShareFiles> {
    const eligible = (await this.uses()).filter((use) => this.mayTake(use, sizeGib));
    const [first] = eligible.toSorted((left, right) => left.allocatedBytes - right.allocatedBytes);
    if (first) return first.files;
    throw new StorageError(
      'InsufficientSpace',
      `no NFS share of ${this.#options.volume_backend_name} has room for ${sizeGib} GiB (option reserved_percentage, ` +
        'max_over_subscription_ratio)',
    );
  }

  /** Cinder's `_is_share_eligible`: real space within the reserve, promised space within the ratio. */
  mayTake({ totalBytes, freeBytes, allocatedBytes }: ShareUse, sizeGib: number): boolean {
    const { reserved_percentage: reserved } = this.#options;
    if (totalBytes === 0 || (totalBytes - freeBytes) / totalBytes > (100 - reserved) / 100) return false;
    return totalBytes * this.ratio - allocatedBytes > gibToBytes(sizeGib);
  }

  get ratio(): number {
    const { max_over_subscription_ratio: ratio } = this.#options;
    return ratio === 'auto' ? 20 : ratio;
  }

  async #each<T>(look: (files: ShareFiles) => Promise<T>): Promise<{ found: T[]; failures: unknown[] }> {
    const mounts = await this.configured();
    const answers = await Promise.allSettled(mounts.map(async (mount) => look(await ShareFiles.open(mount))));
    return {
      found: answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
      failures: answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : [])),
    };
  }

  get #shared(): string | null {
    return this.#options.nas_mount_options ?? this.#options.nfs_mount_options ?? null;
  }

  async #list(): Promise<readonly ConfiguredShare[]> {
    const { nas_host: host, nas_share_path: sharePath, nfs_shares_config: path } = this.#options;
    if (host !== undefined && sharePath !== undefined) return [{ share: `${host}:${sharePath}`, mountOptions: null }];
    const option = `${this.#options.volume_backend_name}.nfs_shares_config`;
    try {
      const shares = parseShares(await readFile(path, 'utf8'), path);
      if (shares.length > 0) return shares;
    } catch (error) {
      throw translateFsError(error, { option, path });
    }
    throw new StorageError('Misconfigured', `${path} (option ${option}) names no share`);
  }

  #mountOf({ share, mountOptions }: ConfiguredShare): ShareMount {
    const { volume_backend_name: name, nas_host: host } = this.#options;
    return this.#mount({
      share,
      shareOption: `${name}.${host === undefined ? 'nfs_shares_config' : 'nas_host'}`,
      base: { option: `${name}.nfs_mount_point_base`, path: this.#options.nfs_mount_point_base },
      mountOptions: mountOptions ?? this.#shared,
      attempts: this.#options.nfs_mount_attempts,
    });
  }
}
