// The one way to run a driver's command as root: through a filter of privileged/filters/, or not at all.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { StorageError } from '../domain/storage-errors.ts';
import { revealed, shown, type Argument, type Argv } from './argv.ts';
import { programPath } from './environment.ts';
import { parseFilterFile } from './filter-file.ts';
import { matchingFilters, type Filter } from './filters.ts';
import { findProgram } from './find-program.ts';
import { logRefusal } from './refusal-log.ts';
import { run, type RunOptions, type RunResult } from './run.ts';

/** Where the filters that come with Scoria are. */
export const filterDirectory = fileURLToPath(new URL('./filters/', import.meta.url));

/** Runs `argv` as the user its filter names (root). Throws StorageError PermissionDenied when no filter lets it pass. */
export async function runAsRoot(argv: Argv, options: RunOptions): Promise<RunResult> {
  return run(await rootCommand(argv), options);
}

/** The command line to start instead of `argv`: full path, with `sudo -n` when this process is not root. */
export async function rootCommand(argv: Argv, filters?: readonly Filter[]): Promise<Argv> {
  const [filter] = matchingFilters(filters ?? (await ownFilters()), revealed(argv));
  if (!filter) {
    logRefusal(shown(argv));
    throw new StorageError('PermissionDenied', `no filter lets this command run as root: ${shown(argv)}`);
  }
  const path = await findProgram(filter.program, programPath.split(':'));
  if (path === null) throw new StorageError('CommandMissing', `${filter.program} is not in ${programPath}`);
  const [, ...rest] = argv;
  const command: [string, ...Argument[]] = [path, ...rest];
  return process.getuid?.() === 0 && filter.runAs === 'root'
    ? command
    : ['sudo', '-n', '-u', filter.runAs, '--', ...command];
}

/** Every filter of every `*.filters` file in `directory`, files in alphabetical order. */
export async function loadFilters(directory: string): Promise<readonly Filter[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.filters')).toSorted();
  const files = await Promise.all(
    names.map(async (name) => parseFilterFile(name, await readFile(`${directory}/${name}`, 'utf8'))),
  );
  return files.flat();
}

let loaded: Promise<readonly Filter[]> | undefined;

/** Read once: whoever could change the files later could change this program too. */
function ownFilters(): Promise<readonly Filter[]> {
  loaded ??= loadFilters(filterDirectory);
  return loaded;
}
