// The flags of every command that starts Scoria (up, demo).
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultStateDirectory } from '../config/environment.ts';
import type { LaunchOptions } from '../embedded/launch-options.ts';

/** Where a Scoria keeps everything; `SCORIA_STATE_DIR` as well. */
export function stateDirOption(): Option {
  const option = new Option('--state-dir <dir>', 'where everything is kept').env('SCORIA_STATE_DIR');
  return option.default(defaultStateDirectory());
}

/**
 * Flags that every command which starts Scoria takes; each is also an environment variable. `temporary` leaves the
 * state directory without a default: the command makes one and removes it.
 */
export function addLaunchOptions(command: Command, kept: 'kept' | 'temporary' = 'kept'): Command {
  const option = (flags: string, text: string, variable: string): Option => new Option(flags, text).env(variable);
  const temporary = option(
    '--state-dir <dir>',
    'where everything is kept (default: a temporary directory)',
    'SCORIA_STATE_DIR',
  );
  return command
    .addOption(kept === 'kept' ? stateDirOption() : temporary)
    .addOption(option('--config <file>', "configuration (default: the state directory's scoria.conf)", 'SCORIA_CONFIG'))
    .addOption(
      portOption('--api-port <port>', 'port of the REST API (default: 8776; 0 = any free one)', 'SCORIA_API_PORT'),
    )
    .addOption(
      portOption(
        '--temporal-port <port>',
        'port of Temporal (default: 7233; 0 = any free one)',
        'SCORIA_TEMPORAL_PORT',
      ),
    )
    .addOption(
      portOption(
        '--temporal-ui-port <port>',
        "port of Temporal's page (default: 8233; 0 = any free one)",
        'SCORIA_TEMPORAL_UI_PORT',
      ),
    )
    .addOption(
      portOption('--postgres-port <port>', 'port of PostgreSQL (default: any free one)', 'SCORIA_POSTGRES_PORT'),
    )
    .addOption(
      option(
        '--with-keystone',
        'start a Keystone too, with users and a catalogue; it checks tokens',
        'SCORIA_WITH_KEYSTONE',
      ),
    )
    .addOption(
      portOption(
        '--keystone-port <port>',
        'port of that Keystone (default: 5000; 0 = any free one)',
        'SCORIA_KEYSTONE_PORT',
      ),
    )
    .addOption(option('--with-glance', 'start a Glance too: volumes from images and back', 'SCORIA_WITH_GLANCE'))
    .addOption(
      portOption('--glance-port <port>', 'port of that Glance (default: 9292; 0 = any free one)', 'SCORIA_GLANCE_PORT'),
    )
    .addOption(
      option(
        '--ready-file <file>',
        'written as JSON with all addresses once everything is healthy',
        'SCORIA_READY_FILE',
      ),
    );
}

function portOption(flags: string, text: string, variable: string): Option {
  return new Option(flags, text).env(variable).argParser(parsePort);
}

function parsePort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new InvalidArgumentError('a port is a number from 0 to 65535');
}

export interface LaunchFlags {
  readonly stateDir: string;
  readonly config?: string;
  readonly apiPort?: number;
  readonly temporalPort?: number;
  readonly temporalUiPort?: number;
  readonly postgresPort?: number;
  readonly withKeystone?: boolean;
  readonly keystonePort?: number;
  readonly withGlance?: boolean;
  readonly glancePort?: number;
  readonly readyFile?: string;
}

/** The flags as the launcher wants them. */
export function launchOptions(flags: LaunchFlags, rest: Pick<LaunchOptions, 'say' | 'signal'>): LaunchOptions {
  const { config, ...others } = flags;
  return { ...others, configFile: config ?? null, ...rest };
}
