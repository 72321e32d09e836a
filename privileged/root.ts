// The one way to run a driver's command as root: through a filter, or not at all.
//
// A process that is root starts the command itself, by the filters of privileged/filters/. Any other asks the root daemon
// (scoria-rootwrap), which goes by the operator's rootwrap.conf.
import { fileURLToPath } from 'node:url';
import { StorageError } from '../domain/storage-errors.ts';
import { revealed, secret, SecretArgument, shown, type Argument, type Argv } from './argv.ts';
import { startChild } from './child.ts';
import { minimalEnvironment, programPath } from './environment.ts';
import type { Filter } from './filters.ts';
import { accountOf } from './rootwrap/account.ts';
import { logRefusal } from './rootwrap/audit.ts';
import { RootDaemonClient, type DaemonAccess } from './rootwrap/client.ts';
import { decide, Refusal, type Decision } from './rootwrap/decide.ts';
import { launchRootDaemon } from './rootwrap/launch.ts';
import { readFilterDirectory } from './rootwrap/load.ts';
import { run, runBy, type RunOptions, type RunResult } from './run.ts';

/** Where the filters that come with Scoria are: the one list of what its drivers run as root. */
export const filterDirectory = fileURLToPath(new URL('./filters/', import.meta.url));

/** The program that runs as root. */
export const rootwrapProgram = fileURLToPath(new URL('./scoria-rootwrap', import.meta.url));

/** No environment: what a command needs of it stands in its words (`env NAME=VALUE …`), where a filter sees it. */
export type RootRunOptions = Omit<RunOptions, 'env'>;

interface RootAccess {
  /** `sudo -n …/scoria-rootwrap …/rootwrap.conf`; a command may follow. */
  readonly direct: readonly [string, ...string[]];
  readonly daemon: RootDaemonClient;
}

let access: RootAccess | null = null;

/** How this process reaches root when it is not root itself; told once, at its start. `launch` is for tests. */
export function reachRootThrough(
  rootwrapConfig: string,
  program = rootwrapProgram,
  launch?: () => Promise<DaemonAccess>,
): void {
  const direct = ['sudo', '-n', program, rootwrapConfig] as const;
  access = { direct, daemon: new RootDaemonClient(launch ?? (() => launchRootDaemon([...direct, '--daemon']))) };
}

/**
 * Runs `argv` as the user its filter names (root). Throws StorageError PermissionDenied when it is not let pass,
 * CommandMissing when the filter's program is not there, and what `run` throws.
 */
export async function runAsRoot(argv: Argv, options: RootRunOptions): Promise<RunResult> {
  if (process.getuid?.() !== 0) {
    const { daemon } = mustReachRoot();
    const secretWords = argv.flatMap((word, i) => (word instanceof SecretArgument ? [i] : []));
    return runBy((spec) => daemon.start({ ...spec, secretWords }), argv, options);
  }
  const decision = decideHere(argv);
  const words = hidingSecrets(decision.words, argv);
  if (decision.runAs === 'root') return run(words, { ...options, env: decision.env });
  const account = accountOf(decision.runAs);
  return runBy((spec) => startChild({ ...spec, account, env: minimalEnvironment(decision.env) }), words, options);
}

/** The command line to start instead of `argv`: with its full path, and through sudo when this process is not root. */
export async function rootCommand(argv: Argv, filters?: readonly Filter[]): Promise<Argv> {
  if (process.getuid?.() !== 0) return [...mustReachRoot().direct, ...argv];
  return hidingSecrets(decideHere(argv, filters).words, argv);
}

/** Every filter of every file in `directory`, files in alphabetical order. */
export async function loadFilters(directory: string): Promise<readonly Filter[]> {
  return readFilterDirectory(directory);
}

function mustReachRoot(): RootAccess {
  if (access) return access;
  throw new StorageError(
    'Misconfigured',
    'this process is not root and was not told of a rootwrap.conf (option rootwrap_config)',
  );
}

let ownFilters: readonly Filter[] | undefined;

/** Our filters are read once: whoever could change the files later could change this program too. */
function decideHere(argv: Argv, filters?: readonly Filter[]): Decision {
  ownFilters ??= readFilterDirectory(filterDirectory);
  try {
    return decide({ filters: filters ?? ownFilters, execDirs: programPath.split(':') }, revealed(argv));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    logRefusal({ command: shown(argv), by: error.by, why: error.message });
    if (error.by === 'program') throw new StorageError('CommandMissing', `${error.message}: ${shown(argv)}`);
    throw new StorageError('PermissionDenied', `not run as root, ${error.message}: ${shown(argv)}`);
  }
}

/** `words` are what a filter made of `argv`; what was secret in there still is. */
function hidingSecrets([program, ...rest]: readonly [string, ...string[]], argv: Argv): Argv {
  const secrets = new Set(argv.flatMap((word) => (word instanceof SecretArgument ? [word.reveal()] : [])));
  return [program, ...rest.map((word): Argument => (secrets.has(word) ? secret(word) : word))];
}
