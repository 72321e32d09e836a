// Makes a new PostgreSQL cluster, whole or not at all.
import { chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { capabilityArgs, setprivPath, type Account } from '../../privileged/daemon.ts';
import { mustRunTool } from '../../privileged/tool.ts';

export interface ClusterOptions {
  readonly initdb: string;
  readonly dataDir: string;
  readonly user: string;
  readonly password: string;
  readonly account: Account | null;
}

/**
 * Runs initdb into a neighbouring directory and renames it at the end, so that a start that was interrupted is made
 * anew next time. A cluster that is there is left alone.
 */
export async function initializeCluster(options: ClusterOptions): Promise<void> {
  if (await stat(options.dataDir).catch(() => null)) return;
  const { account } = options;
  const unfinished = `${options.dataDir}.new`;
  const passwordFile = `${options.dataDir}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  if (account) await Promise.all([unfinished, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  const args = [
    ...['-D', unfinished, '-U', options.user, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    // Byte order, the same on every machine, whatever its locales.
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
  ];
  const [command, ...rest] = asAccount(account, [options.initdb, ...args]);
  await mustRunTool(command, rest, { timeoutMs: 120_000, cwd: '/' });
  await rm(passwordFile, { force: true });
  await rename(unfinished, options.dataDir);
}

function asAccount(account: Account | null, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (account === null) return command;
  if (setprivPath === null) throw new Error('setting up PostgreSQL as root needs setpriv (package util-linux)');
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', ...capabilityArgs(account)];
  return [setprivPath, ...identity, '--', ...command];
}
