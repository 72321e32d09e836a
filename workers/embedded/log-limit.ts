// Keeps the logs of what the launcher has started from filling the disk: the newest part, and the one before it.
import { copyFile, stat, truncate } from 'node:fs/promises';

const limitBytes = 64 * 1024 ** 2;
const lookEveryMs = 30_000;

/**
 * Looks at the files now and then; one over the limit goes on from nothing, with its old part in `<file>.1`. Their
 * writers append, so they need not know. Answers what ends it.
 */
export function limitLogs(files: readonly string[], say: (line: string) => void): () => void {
  const timer = setInterval(() => {
    for (const file of files) {
      rotate(file).catch((error: Error) => say(`the log ${file} cannot be shortened: ${error.message}`));
    }
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Exported for its test: what is written between copy and cut is lost, a line or two. */
export async function rotate(file: string, limit = limitBytes): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null || found.size <= limit) return;
  await copyFile(file, `${file}.1`);
  await truncate(file);
}
