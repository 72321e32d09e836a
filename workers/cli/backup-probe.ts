// Looks whether the backup store of a configuration can be used, before the first backup finds out.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../domain/storage-errors.ts';
import { reachRootThrough } from '../../privileged/root.ts';
import { parseConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { readSources } from '../config/source.ts';
import { backupEngineFor } from '../roles/backup-engine.ts';

export interface BackupProbe {
  readonly isThere: boolean;
  /** Which store it is, or what is wrong with it. */
  readonly words: string;
}

/**
 * Makes and mounts what the backup worker would, and writes there. `files` are configurations; without any, those of
 * the state directory count, and null is the answer where it has none yet.
 */
export async function probeBackupStore(stateDir: string, files: readonly string[]): Promise<BackupProbe | null> {
  const own = [join(stateDir, 'scoria.conf'), join(stateDir, 'run', 'embedded.conf')].filter((file) =>
    existsSync(file),
  );
  const chosen = files.length > 0 ? files : own;
  if (chosen.length === 0) return null;
  try {
    const place = { name: '--state-dir', text: `[DEFAULT]\nstate_path = ${stateDir}\n` };
    const { config } = parseConfig([...(files.length > 0 ? [] : [place]), ...readSources(chosen)]);
    reachRootThrough(config.rootwrapConfig);
    await (await backupEngineFor(config)).close();
    const { driver, options } = config.backup;
    const where = driver === 'nfs' ? options.backup_share : options.backup_posix_path;
    return { isThere: true, words: `${driver}: ${where} can be written` };
  } catch (error) {
    if (error instanceof StorageError) return { isThere: false, words: error.message };
    if (error instanceof ConfigError) return { isThere: false, words: error.problems.join('; ') };
    throw error;
  }
}
