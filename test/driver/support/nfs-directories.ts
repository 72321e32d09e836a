// Shares that are plain directories of this machine: the NFS drivers' own work, quick and without a server.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shareError } from '../../../drivers/nfs/errors.ts';
import type { NfsMountSettings, ShareMount } from '../../../drivers/nfs/mount.ts';
import { mountDirectory } from '../../../drivers/nfs/share.ts';
import { run } from '../../../privileged/run.ts';

/** What a mounted share is to the drivers; the lab's suite has real ones. */
export function directoryShare(share: string, path: string): ShareMount {
  const translate = (error: unknown): unknown => shareError(error, { share, option: 'backup_share', path });
  return {
    share,
    mounted: () => Promise.resolve(path),
    translate,
    run: (...args: Parameters<typeof run>) =>
      run(...args).catch((error: unknown) => Promise.reject(translate(error) as Error)),
  };
}

/** A process that dies: from its `at`-th command on, counted from 0, nothing is run any more. */
export class Death {
  readonly #at: number;
  readonly #ranLast: boolean;
  #commands = 0;

  /** `ranLast`: its last command still had its effect. */
  constructor(at: number, ranLast: boolean) {
    this.#at = at;
    this.#ranLast = ranLast;
  }

  get hasCome(): boolean {
    return this.#commands > this.#at;
  }

  /** A share on which commands are run until then. */
  over(share: ShareMount): ShareMount {
    return {
      share: share.share,
      mounted: () => share.mounted(),
      translate: (error) => share.translate(error),
      run: async (argv, options) => {
        const number = this.#commands++;
        if (number < this.#at) return share.run(argv, options);
        if (number === this.#at && this.#ranLast) await share.run(argv, options);
        throw new Error('the process has died');
      },
    };
  }
}

/** Directories for these shares below `base`, by the names that mount points have, and the file that lists them. */
export async function directoriesFor(base: string, shares: readonly string[]) {
  for (const share of shares) await mkdir(join(base, mountDirectory(share)), { recursive: true });
  const sharesFile = join(base, 'shares');
  await writeFile(sharesFile, `# shares\n${shares.join('\n')}\n`);
  return {
    sharesFile,
    mount: ({ share }: NfsMountSettings): ShareMount => directoryShare(share, join(base, mountDirectory(share))),
  };
}
