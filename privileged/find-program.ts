// Looks for a program in a list of directories.
import { access, constants } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { programPath } from './environment.ts';

/** The program's full path, or null when no directory of `directories` has it. A path that is already full is checked. */
export async function findProgram(
  program: string,
  directories: readonly string[] = programPath.split(':'),
): Promise<string | null> {
  const candidates = isAbsolute(program) ? [program] : directories.map((directory) => join(directory, program));
  for (const candidate of candidates) {
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return null;
}
