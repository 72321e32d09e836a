// Remembers on disk what this host's tgtd exports, without passwords: a tgtd that is started anew has forgotten it all.
// An account whose binding never came is found by it, too.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isUuid, mustBeUuid } from '../../../domain/ids.ts';
import type { RememberedExport } from '../target.ts';

const recordSchema = z.object({
  path: z.object({ path: z.string(), kind: z.enum(['file', 'block']) }),
  readonly: z.boolean(),
  username: z.string().nullable(),
});

export class ExportRecord {
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, 'tgt-exports');
  }

  /** Null when it was never exported, or its export was taken away. */
  async of(volumeId: string): Promise<RememberedExport | null> {
    const text = await readFile(this.#path(volumeId), 'utf8').catch(nothingThere);
    if (text === null) return null;
    return { volumeId, ...recordSchema.parse(JSON.parse(text)) };
  }

  /** Ids of all, in no order. */
  async ids(): Promise<readonly string[]> {
    return ((await readdir(this.#directory).catch(nothingThere)) ?? []).filter(isUuid);
  }

  async remember({ volumeId, ...record }: RememberedExport): Promise<void> {
    const path = this.#path(volumeId);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async forget(volumeId: string): Promise<void> {
    await rm(this.#path(volumeId), { force: true });
  }

  #path(volumeId: string): string {
    return join(this.#directory, mustBeUuid(volumeId));
  }
}

function nothingThere(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
