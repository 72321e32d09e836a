// What filters ask the file system: where a path really leads, and what program a process runs.
import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { programPath } from '../environment.ts';

/**
 * The path with every link followed; what does not exist yet is kept, but a link that leads there is followed too: a
 * command that creates a file creates it there. Null when that cannot be told: no right to look, a ring of links.
 */
export function realPath(path: string, linksLeft = 40): string | null {
  const whole = resolve(path);
  try {
    return realpathSync.native(whole);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || linksLeft === 0) return null;
  }
  const parent = realPath(dirname(whole), linksLeft - 1);
  if (parent === null) return null;
  const base = join(parent, basename(whole));
  const target = linkTarget(base);
  return target === null ? base : realPath(resolve(parent, target), linksLeft - 1);
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** True for the directory itself and what is below it. */
export function isWithin(path: string | null, directory: string): path is string {
  if (path === null) return false;
  const base = directory.endsWith('/') ? directory : `${directory}/`;
  return path === directory || `${path}/` === base || path.startsWith(base);
}

const isFile = (path: string): boolean => {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** The full path of the program that process `pid` runs, also when it has been replaced since; null without such a process. */
export function killedProgram(pid: number): string | null {
  let program: string;
  try {
    program = readlinkSync(`/proc/${pid}/exe`).split('\0', 1)[0] ?? '';
  } catch {
    return null;
  }
  program = program.replace(/ \(deleted\)$/, '');
  if (isFile(program)) return program;
  // A package manager renamed it: the command line still says what it was called.
  try {
    const called = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0', 1)[0] ?? '';
    const candidates = isAbsolute(called)
      ? [called]
      : programPath.split(':').map((directory) => join(directory, called));
    return candidates.find(isFile) ?? program;
  } catch {
    return null;
  }
}
