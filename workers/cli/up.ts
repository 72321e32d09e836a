// `scoria up`: starts everything on this machine and keeps it running until it is told to stop.
import { dirname, isAbsolute } from 'node:path';
import { defaultStateDirectory } from '../config/environment.ts';
import { ensureClients, locateClients } from '../embedded/clients.ts';
import { cloudName } from '../embedded/clouds.ts';
import type { LaunchFacts, Launched } from '../embedded/launch-options.ts';
import { launch } from '../embedded/launcher.ts';
import { findProgram } from '../embedded/programs.ts';
import { installStoragePrograms } from '../embedded/storage-programs.ts';
import { launchOptions, type LaunchFlags } from './launch-flags.ts';
import { stopOnSignals } from './signals.ts';

/** Runs until SIGINT or SIGTERM; answers the exit code. */
export async function up(flags: LaunchFlags): Promise<number> {
  const say = (line: string): void => console.log(line);
  let launched: Launched | null = null;
  const signals = stopOnSignals({
    onFirst: () => say('stopping; press Ctrl-C again to kill'),
    onSecond: () => launched?.kill(),
  });
  const giveUp = new AbortController();
  const client = openstackCommand(say, giveUp.signal);
  try {
    await installStoragePrograms(say);
    launched = await launch(launchOptions(flags, { say, signal: signals.signal }));
    say(summary(launched.facts));
    const { facts } = launched;
    void client.then((path) => giveUp.signal.aborted || say(commandLines(facts, path)));
    await signals.received;
  } catch (error) {
    // Told to stop while starting: what had been started is stopped already.
    if (!signals.signal.aborted) throw error;
  } finally {
    giveUp.abort();
    await launched?.stop();
    signals.dispose();
  }
  say('stopped');
  return 0;
}

/** The client on PATH, else the private one, installed while everything else starts; null when it cannot be had. */
async function openstackCommand(say: (line: string) => void, signal: AbortSignal): Promise<string | null> {
  if (await findProgram('openstack')) return 'openstack';
  const found = await locateClients();
  if (found) return found.openstack;
  return ensureClients({ say, signal }).then(
    ({ openstack }) => openstack,
    (error: Error) => {
      if (signal.aborted) return null;
      say(
        `the OpenStack clients are not installed (${error.message.split('\n')[0]}): pip install python-openstackclient`,
      );
      return null;
    },
  );
}

function summary(facts: LaunchFacts): string {
  const rows: readonly (readonly [string, string | null])[] = [
    ['API', `${facts.apiUrl}/v3`],
    ['Keystone', facts.keystoneUrl],
    ['Glance', facts.glanceUrl],
    ['Temporal UI', facts.temporalUiUrl],
    ['Temporal', facts.temporalAddress],
    ['PostgreSQL', new URL(facts.databaseUrl).host],
    ['iSCSI target', facts.targetPortal ?? 'none'],
    ['libvirt', facts.libvirtUri ?? 'none'],
    ['State, logs', facts.stateDir],
  ];
  const lines = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(14)}${value}`]));
  return `\nScoria is up. Ctrl-C stops it.\n\n${lines.join('\n')}\n`;
}

function commandLines(facts: LaunchFacts, openstack: string | null): string {
  const onPath = openstack === null || !isAbsolute(openstack) ? [] : [`    export PATH=${dirname(openstack)}:$PATH`];
  const elsewhere = facts.stateDir === defaultStateDirectory() ? '' : ` --state-dir ${facts.stateDir}`;
  return [
    '  Try, in another terminal:',
    `    export OS_CLIENT_CONFIG_FILE=${facts.cloudsFile} OS_CLOUD=${cloudName}`,
    ...onPath,
    '    openstack volume create --size 1 first',
    `    ./scoria operations list${elsewhere}`,
    '',
  ].join('\n');
}
