// Remembers which CHAP account a volume's target was given, so that one whose binding never came is found and removed.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../../../domain/ids.ts';

export class AccountRecord {
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, 'tgt-accounts');
  }

  /** The account's name, or null. */
  async of(volumeId: string): Promise<string | null> {
    try {
      return (await readFile(this.#path(volumeId), 'utf8')).trim() || null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async remember(volumeId: string, username: string): Promise<void> {
    const path = this.#path(volumeId);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, `${username}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async forget(volumeId: string): Promise<void> {
    await rm(this.#path(volumeId), { force: true });
  }

  #path(volumeId: string): string {
    return join(this.#directory, mustBeUuid(volumeId));
  }
}
