// Where images lie on a host between Glance and their volume, by volume; whatever is there can be thrown away.
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../../domain/ids.ts';

/** Left by something that was forgotten: no fetched image waits that long for its volume. */
const forgottenAfterMs = 7 * 24 * 3600 * 1000;

const prefixOf = (volumeId: string): string => `image-${mustBeUuid(volumeId)}-`;

export class ImagePlace {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The image as it came, once it is whole. */
  fetched(volumeId: string, imageId: string): string {
    return join(this.directory, `${prefixOf(volumeId)}${mustBeUuid(imageId)}`);
  }

  /** As much of it as has come. */
  coming(volumeId: string, imageId: string): string {
    return `${this.fetched(volumeId, imageId)}.part`;
  }

  /** A volume's bytes in the format of the image that they are to be. */
  converted(volumeId: string, imageId: string): string {
    return `${this.fetched(volumeId, imageId)}.converted`;
  }

  async make(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
  }

  async freeBytes(): Promise<number> {
    const { bsize, bavail } = await statfs(this.directory);
    return bavail * bsize;
  }

  /** Removes what there is of a volume; nothing is success. */
  async forget(volumeId: string): Promise<void> {
    await this.#removeWhere((name) => Promise.resolve(name.startsWith(prefixOf(volumeId))));
  }

  /** Removes what nobody has come back for. */
  async forgetOld(): Promise<void> {
    await this.#removeWhere(async (name) => {
      const { mtimeMs } = await stat(join(this.directory, name));
      return /^image-[0-9a-f-]{36}-/.test(name) && Date.now() - mtimeMs > forgottenAfterMs;
    });
  }

  async #removeWhere(isOurs: (name: string) => Promise<boolean>): Promise<void> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names) {
      if (await isOurs(name)) await rm(join(this.directory, name), { force: true });
    }
  }
}
