// The last lines of a log file, for errors that a person reads.
import { open } from 'node:fs/promises';

const tailBytes = 4_096;

/** At most `lines` last lines; a file that is missing has none. Reads only the file's end, however long it is. */
export async function tailOf(path: string, lines = 10): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await file.close();
  }
}
