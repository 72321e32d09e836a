// Decides which account runs PostgreSQL, which refuses to run as root, and whether that account can reach its files.
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setprivPath, type Account } from '../../privileged/daemon.ts';

/** In order of preference; every system has the second, and initdb wants an account that has a name. */
const accountNames = ['postgres', 'nobody'];

/** null when this process is not root and PostgreSQL runs as the same user; throws when no account can be used. */
export async function postgresAccount(paths: readonly string[]): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const account = accountNames.map((name) => ({ name, ...findAccount(passwd, name) })).find((found) => found.uid);
  if (!account?.uid || account.gid === undefined) {
    throw new Error('PostgreSQL does not run as root, and this machine has neither the account postgres nor nobody');
  }
  const blocked = await firstBlockedDirectory(paths, account.uid, account.gid);
  if (blocked !== null && setprivPath === null) {
    throw new Error(
      `PostgreSQL runs as ${account.name}, which may not enter ${blocked}: choose another --state-dir, or install setpriv (util-linux)`,
    );
  }
  return { uid: account.uid, gid: account.gid, passesRootsDirectories: blocked !== null };
}

function findAccount(passwd: string, name: string): { uid?: number; gid?: number } {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : {};
}

async function firstBlockedDirectory(paths: readonly string[], uid: number, gid: number): Promise<string | null> {
  for (const path of paths) {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      const { mode, uid: owner, gid: group } = await stat(directory);
      const executeBit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
      if ((mode & executeBit) === 0) return directory;
      if (directory === dirname(directory)) break;
    }
  }
  return null;
}
