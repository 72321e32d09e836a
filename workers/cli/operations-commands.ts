// The commands below `scoria operations`, with their flags.
import { Option, type Command } from 'commander';
import { parseDuration } from './duration.ts';
import { stateDirOption } from './launch-flags.ts';
import type { ApiFlags } from './api-client.ts';
import type { OperationsQuery } from './operations.ts';
import type { OrderFlags, OrderKind } from './operation-orders.ts';

export type ExitWith = (code: number | Promise<number>) => Promise<void>;

/** Flags of every command that talks to the API. */
export function addApiOptions(command: Command): Command {
  return command
    .addOption(stateDirOption())
    .option('--endpoint <url>', 'http://host:8776/v3/<project>')
    .option('--token <token>', 'user:project, or a Keystone token');
}

const orders = {
  retry: 'try paused operations again',
  abort: 'undo what can be undone and end the operations',
  skip: 'leave out the step that does not work, where that is possible (docs/runbooks/skipping-a-step.md)',
} as const satisfies Record<OrderKind, string>;

/** `--type` is the same as `--kind`. */
type Flags<Base> = Base & { readonly type?: string };

function addQueryOptions(command: Command): Command {
  return addApiOptions(command)
    .option('--state <state>', 'accepted, running, paused, succeeded, failed or aborted')
    .option('--type <kind>', 'volumeCreate, backupRestore, …')
    .addOption(new Option('--kind <kind>', 'the same as --type').hideHelp())
    .option('--backend <host>', 'host@backend, or host: where it paused, or where its volume is')
    .option('--cause <cause>', 'Missing, InsufficientSpace, … (docs/runbooks/paused-operation.md)')
    .option('--older-than <duration>', 'paused for at least 90s, 30m, 1h, 2d', parseDuration)
    .option('--resource <id>', 'of this volume, snapshot or backup');
}

const withKind = <Base extends object>(flags: Flags<Base>): Base => ({
  ...flags,
  ...(flags.type ? { kind: flags.type } : {}),
});

export function addOperationsCommands(program: Command, exitWith: ExitWith): void {
  const operations = program
    .command('operations')
    .description('what runs, what is paused and why; retry, abort and skip');
  addQueryOptions(operations.command('list').description('operations, newest first')).action(
    async (flags: Flags<ApiFlags & OperationsQuery>) =>
      exitWith((await import('./operations.ts')).listOperations(withKind(flags))),
  );
  addApiOptions(operations.command('show <id>').description('one operation with its history')).action(
    async (id: string, flags) => exitWith((await import('./operations.ts')).showOperation(id, flags)),
  );
  for (const [kind, description] of Object.entries(orders) as [OrderKind, string][]) {
    addQueryOptions(operations.command(`${kind} [ids...]`).description(description))
      .option('--all', 'every paused operation')
      .option('--reason <text>', "for each operation's history")
      .option('--yes', 'do it; without it a query only shows what would be done')
      .action(async (ids: string[], flags: Flags<OrderFlags>) =>
        exitWith((await import('./operation-orders.ts')).orderOperations(kind, ids, withKind(flags))),
      );
  }
}
