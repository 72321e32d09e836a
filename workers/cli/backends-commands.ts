// The commands below `scoria backends`, with their flags.
import type { Command } from 'commander';
import type { BackendFlags } from './backends.ts';
import { parseDuration } from './duration.ts';
import { addApiOptions, type ExitWith } from './operations-commands.ts';

export function addBackendsCommands(program: Command, exitWith: ExitWith): void {
  const backends = program
    .command('backends')
    .description('the back-ends; pause one in an incident, and release it (docs/runbooks/backend-paused.md)');
  addApiOptions(backends.command('list').description('each back-end, what runs there and what waits for it')).action(
    async (flags: BackendFlags) => exitWith((await import('./backends.ts')).listBackends(flags)),
  );
  addApiOptions(
    backends.command('pause <host@backend>').description('nothing new begins there; it waits, and says why'),
  )
    .option('--reason <text>', 'kept, and shown by everything that waits')
    .action(async (host: string, flags: BackendFlags) =>
      exitWith((await import('./backends.ts')).pauseBackend(host, flags)),
    );
  addApiOptions(backends.command('release <host@backend>').description('what waits for it goes on, a little at a time'))
    .option('--reason <text>', 'kept')
    .option('--over <duration>', 'spread over 90s, 30m, … (backend_release_over_s)', parseDuration)
    .action(async (host: string, flags: BackendFlags) =>
      exitWith((await import('./backends.ts')).releaseBackend(host, flags)),
    );
}
