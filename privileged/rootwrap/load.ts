// Loads rootwrap.conf and the filter files that it names, unless somebody other than root could have written them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../domain/storage-errors.ts';
import { parseFilterFile } from '../filter-file.ts';
import type { Filter } from '../filters.ts';
import { parseRootwrapConfig, type RootwrapConfig } from './config.ts';
import type { Rules } from './decide.ts';
import { whoElseCanChange } from './trust.ts';

export interface LoadedRules extends Rules {
  readonly config: RootwrapConfig;
  /** What was left out and why: an unknown filter class, a directory of programs that others can write. */
  readonly problems: readonly string[];
}

/** Throws StorageError Misconfigured when a file is wrong or not root's alone. */
export function loadRules(configFile: string): LoadedRules {
  mustBeRoots(configFile);
  const config = parseRootwrapConfig(configFile, readFileSync(configFile, 'utf8'));
  const files = config.filtersPath.flatMap((directory) => filterFilesIn(directory));
  const parsed = files.map((file) => {
    mustBeRoots(file);
    return parseFilterFile(file, readFileSync(file, 'utf8'));
  });
  const unsafe = config.execDirs.flatMap((directory) => {
    const why = isDirectory(directory) ? whoElseCanChange(directory) : null;
    return why === null ? [] : [{ directory, why }];
  });
  return {
    config,
    filters: parsed.flatMap(({ filters }) => filters),
    execDirs: config.execDirs.filter((directory) => unsafe.every((one) => one.directory !== directory)),
    problems: [
      ...parsed.flatMap(({ problems }) => problems),
      ...unsafe.map(({ directory, why }) => `exec_dirs: no program of ${directory} is run: ${why}`),
    ],
  };
}

/** Every file of a directory that does not begin with a dot, as oslo.rootwrap takes them, in alphabetical order. */
export function readFilterDirectory(directory: string): readonly Filter[] {
  return namesIn(directory).flatMap(
    (name) => parseFilterFile(name, readFileSync(join(directory, name), 'utf8')).filters,
  );
}

/** A directory that is not there is left out, as in oslo.rootwrap: Cinder's file names two. */
function filterFilesIn(directory: string): readonly string[] {
  if (!isDirectory(directory)) return [];
  mustBeRoots(directory);
  return namesIn(directory).map((name) => join(directory, name));
}

const namesIn = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => !name.startsWith('.') && statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())
    .toSorted();

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function mustBeRoots(path: string): void {
  const why = whoElseCanChange(path);
  if (why !== null) throw new StorageError('Misconfigured', `${path} is not used: ${why}`);
}
