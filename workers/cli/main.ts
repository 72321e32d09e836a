// Scoria's command line. Commands are loaded when they are called, so that each starts quickly.
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { checkedResources } from '../../domain/state-check.ts';
import { addBackendsCommands } from './backends-commands.ts';
import { addApiOptions, addOperationsCommands } from './operations-commands.ts';
import { roles, type Role } from '../config/requirements.ts';
import type { ChaosFlags } from './chaos.ts';
import type { DeploymentFlags, PromoteFlags } from './deployment.ts';
import { addLaunchOptions, stateDirOption, type LaunchFlags } from './launch-flags.ts';

const program = new Command('scoria')
  .description("Block storage with Cinder's API, every operation a durable Temporal workflow")
  .option('--debug', 'print the stack of an error')
  .showHelpAfterError()
  .enablePositionalOptions();

/** What a command answers becomes the exit code. */
const exitWith = async (code: number | Promise<number>): Promise<void> => {
  process.exitCode = await code;
};

addLaunchOptions(program.command('up').description('start everything on this machine and keep it running')).action(
  async (flags: LaunchFlags) => exitWith((await import('./up.ts')).up(flags)),
);

program
  .command('test [suites...]')
  .description('run the tests, all suites or the named ones; installs what they need first')
  .option('--no-install', 'install nothing; what is missing is skipped and said')
  .option('--tempest [pattern]', "instead run OpenStack's Tempest against everything started with Keystone (an hour)")
  .action(async (suites: string[], { install, tempest }: { install: boolean; tempest?: string | true }) =>
    exitWith(
      tempest === undefined
        ? (await import('./test.ts')).test(suites, { install })
        : (await import('./tempest/main.ts')).tempest(tempest === true ? undefined : tempest),
    ),
  );

program
  .command('check')
  .description('format, lint, types, dead code and the fast tests: what a change must pass')
  .option('--fix', 'mend what can be mended')
  .action(async (options: { fix?: boolean }) =>
    exitWith((await import('./check.ts')).check({ fix: options.fix === true })),
  );

program
  .command('doctor')
  .description('what this machine has and lacks, and what each lack costs')
  .addOption(stateDirOption())
  .option('--config <files...>', "a worker's configuration instead of the state directory's")
  .action(async ({ stateDir, config }: { stateDir: string; config?: string[] }) =>
    exitWith((await import('./doctor.ts')).doctor(stateDir, config)),
  );

addLaunchOptions(
  program
    .command('demo')
    .description('set everything up and take real data through a whole volume life, step by step')
    .option('--keep', 'leave everything running at the end, until Ctrl-C')
    .option('--no-guest', 'use the iSCSI initiator of this machine instead of a guest'),
  'temporary',
).action(async (flags: LaunchFlags & { keep?: boolean; guest: boolean }) =>
  exitWith((await import('./demo/main.ts')).demo({ ...flags, keep: flags.keep === true })),
);

addOperationsCommands(program, exitWith);
addBackendsCommands(program, exitWith);

addApiOptions(
  program
    .command('reset-state')
    .addArgument(new Argument('<resource>').choices(checkedResources))
    .argument('<id>')
    .description('look whether it is really there, propose the state of its row, and set it with --apply'),
)
  .option('--apply', 'set what is proposed')
  .option('--reason <text>', 'for the history')
  .option('--despite-operation', 'end what is under way on it; nothing of that is undone')
  .action(async (resource: string, id: string, flags) =>
    exitWith((await import('./reset-state.ts')).resetState(resource, id, flags)),
  );

addApiOptions(program.command('audit').description('compare the rows with what back-ends and targets really have'))
  .option('--repair', "mend what is provably Scoria's and idle")
  .action(async (flags) => exitWith((await import('./audit.ts')).audit(flags)));

program
  .command('chaos')
  .description('strike every step of every operation with every fault, or soak the whole under random kills')
  .option('--cells <n>', 'so many cells at most, chosen by the seed')
  .option('--seed <s>', 'decides order and chance; printed when it is left out')
  .option('--only <pattern>', 'cells whose name (scenario / step#n / before|after / fault) matches')
  .option('--resume <file>', 'go on where this file of results ends, and add to it')
  .option('--report <file>', 'write the report there, too')
  .option('--part <i/n>', 'the i-th of n parts of the matrix, for several runs side by side')
  .option('--together <n>', 'cells that one kill may strike at most; 1 to strike each alone (default 6)')
  .option('--minutes <n>', 'begin no cell so many minutes after the first; with --soak, how long (default 10)')
  .option('--cluster', 'with a production Temporal server of several processes (built with Go once)')
  .option('--soak', 'several clients, something killed every few seconds')
  .action(async (flags: ChaosFlags) => exitWith((await import('./chaos.ts')).chaos(flags)));

const config = program.command('config').description('configuration files');
config
  .command('check <files...>')
  .description('say what is wrong with a configuration; later files win')
  .addOption(
    new Option('--roles <roles>', `comma-separated roles it must be enough for (${roles.join(', ')})`)
      .argParser(parseRoles)
      .default([]),
  )
  .action(async (files: string[], options: { roles: readonly Role[] }) =>
    exitWith((await import('./config-check.ts')).configCheck(files, options.roles)),
  );

program
  .command('migrate')
  .description("bring a database's tables up to date")
  .requiredOption('--config <files...>', 'configuration with [database] connection')
  .action(async (options: { config: string[] }) =>
    exitWith((await import('./migrate.ts')).migrateDatabase(options.config)),
  );

const deployment = program.command('deployment').description('versions of the control workers (docs/upgrading.md)');
deployment
  .command('show')
  .description('the versions that have been there, and which of them gets the operations')
  .requiredOption('--config <files...>', 'configuration with [temporal] deployment_name')
  .action(async (flags: DeploymentFlags) => exitWith((await import('./deployment.ts')).showDeployment(flags)));
deployment
  .command('promote')
  .description("give the operations to this release's version, or to another")
  .requiredOption('--config <files...>', 'configuration with [temporal] deployment_name')
  .option('--build-id <id>', 'another version, as `show` names it: the way back')
  .addOption(new Option('--percentage <n>', 'only a share of them, 0 to 100').argParser(parsePercentage))
  .action(async (flags: PromoteFlags) => exitWith((await import('./deployment.ts')).promote(flags)));

program
  .command('clients')
  .description('install the OpenStack clients in a private virtualenv and print where they are')
  .action(async () => exitWith((await import('./clients.ts')).clients()));

program
  .command('dev:migration <name>')
  .description('write the next migration from prisma/schema.prisma')
  .option('--afresh', 'write the first one anew instead (only before a release)')
  .action(async (name: string, options: { afresh?: boolean }) =>
    (await import('./dev-migration.ts')).devMigration(name, { afresh: options.afresh === true }),
  );

function parsePercentage(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('a number from 0 to 100');
  return value;
}

function parseRoles(text: string): readonly Role[] {
  const names = text.split(',').filter(Boolean);
  const unknown = names.filter((name) => !(roles as readonly string[]).includes(name));
  if (unknown.length > 0) throw new InvalidArgumentError(`no such role: ${unknown.join(', ')}`);
  return names as Role[];
}

// `scoria … | head` is no failure: whoever reads has had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  // What a person can act on is in the message.
  console.error(`scoria: ${(error as Error).message}`);
  if (program.opts<{ debug?: boolean }>().debug) console.error(error);
  process.exitCode = 1;
}
