// The one program of every process: runs the roles named in its arguments until it is told to end.
import { rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { pino, type Logger } from 'pino';
import { loadConfig } from './config/load.ts';
import { roles as allRoles, type Role } from './config/requirements.ts';
import { startRoles } from './roles/start-roles.ts';

async function main(): Promise<void> {
  const { configFiles, roles, readyFile } = readArguments();
  const { config } = loadConfig(configFiles, { roles });
  const log = createLog(config.debug, roles);
  const running = await startRoles(config, roles, log);
  if (readyFile !== null) await announce(readyFile, roles);
  log.info({ roles }, 'ready');
  const reason = await Promise.race([signalled(), running.ended]);
  log.info({ reason }, 'stopping');
  await running.stop();
}

function readArguments(): { configFiles: string[]; roles: Role[]; readyFile: string | null } {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', multiple: true },
      roles: { type: 'string' },
      'ready-file': { type: 'string' },
    },
  });
  const names = (values.roles ?? '').split(',').filter((name) => name !== '');
  const roles = names.filter((name): name is Role => (allRoles as readonly string[]).includes(name));
  const unknown = names.filter((name) => !(roles as string[]).includes(name));
  if (roles.length === 0 || unknown.length > 0 || !values.config) {
    const allowed = allRoles.join(',');
    throw new Error(
      `usage: main --config FILE [--config FILE…] --roles ${allowed} [--ready-file FILE]${
        unknown.length > 0 ? `; unknown: ${unknown.join(', ')}` : ''
      }`,
    );
  }
  return { configFiles: values.config, roles, readyFile: values['ready-file'] ?? null };
}

/** JSON lines on standard output; whoever started us keeps them. */
function createLog(debug: boolean, roles: readonly Role[]): Logger {
  return pino({
    level: debug ? 'debug' : 'info',
    base: { roles: roles.join(',') },
    redact: ['*.password', '*.secret', '*.auth_password', 'headers["x-auth-token"]'],
  });
}

/** Written whole or not at all: whoever waits for it may read it at once. */
async function announce(readyFile: string, roles: readonly Role[]): Promise<void> {
  const temporary = `${readyFile}.${process.pid}`;
  await writeFile(temporary, JSON.stringify({ pid: process.pid, roles }));
  await rename(temporary, readyFile);
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // Before the log exists there is nowhere else to say it; the launcher shows the end of this output.
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
