// `scoria demo`: everything set up, then the main job end to end on real bytes, step by step.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureClients } from '../../embedded/clients.ts';
import { installStoragePrograms } from '../../embedded/storage-programs.ts';
import type { Launched } from '../../embedded/launch-options.ts';
import { launch } from '../../embedded/launcher.ts';
import { launchOptions, type LaunchFlags } from '../launch-flags.ts';
import { stopOnSignals } from '../signals.ts';
import { guestWorkbench } from './guest-workbench.ts';
import { InitiatorWorkbench } from './initiator-workbench.ts';
import { makeKnownFiles } from './known-files.ts';
import { Narrator } from './narrator.ts';
import { Openstack } from './openstack.ts';
import { play } from './story.ts';
import type { Workbench } from './workbench.ts';

export interface DemoFlags extends Omit<LaunchFlags, 'stateDir'> {
  /** Left out: a temporary directory, removed at the end. */
  readonly stateDir?: string;
  /** Leaves everything running at the end, until Ctrl-C. */
  readonly keep: boolean;
  /** False: the machine's own iSCSI initiator is used even where a guest could be booted. */
  readonly guest: boolean;
}

/** Plays the demo; answers the exit code. State is kept only in a temporary directory, unless one is named. */
export async function demo(flags: DemoFlags): Promise<number> {
  const narrator = new Narrator();
  const say = (line: string): void => narrator.line(`     ${line}`);
  const scratch = await mkdtemp(join(tmpdir(), 'scoria-demo-'));
  let launched: Launched | null = null;
  let bench: Workbench | null = null;
  const signals = stopOnSignals({
    onFirst: () => narrator.line('stopping; press Ctrl-C again to kill'),
    onSecond: () => launched?.kill(),
  });
  try {
    narrator.line('Setting up (the first time this downloads what is missing)');
    await installStoragePrograms(say);
    const clients = await ensureClients({ say });
    launched = await launch(launchOptions(onFreePorts(flags, scratch), { say, signal: signals.signal }));
    const { facts } = launched;
    const files = await makeKnownFiles(scratch);
    const openstack = new Openstack(clients, facts, narrator);
    const libvirtUri = flags.guest ? facts.libvirtUri : null;
    if (libvirtUri === null) {
      const why = flags.guest ? 'No libvirt and QEMU here (`scoria doctor` says what is missing)' : 'As asked';
      narrator.line(`${why}: without a guest, the iSCSI initiator tools of this machine do the work.`);
      bench = new InitiatorWorkbench(openstack, join(scratch, 'initiator'));
    } else {
      bench = await guestWorkbench({ libvirtUri, files, openstack, say, signal: signals.signal });
    }
    narrator.line(`Scoria is up at ${facts.apiUrl}.`);
    await play({ narrator, openstack, bench, files });
    await summarize(narrator, openstack, launched, flags);
    if (flags.keep) {
      narrator.line('\nKept running (--keep). Ctrl-C stops it.');
      await signals.received;
    }
    return 0;
  } catch (error) {
    narrator.line(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    if (launched) narrator.line(`Logs are in ${launched.facts.stateDir}.`);
    return signals.signal.aborted ? 130 : 1;
  } finally {
    await bench?.close();
    await launched?.stop();
    signals.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A demo beside a Scoria that is running takes nothing from it, unless it is told to. */
function onFreePorts(flags: DemoFlags, scratch: string): LaunchFlags {
  return {
    stateDir: join(scratch, 'state'),
    apiPort: 0,
    temporalPort: 0,
    temporalUiPort: 0,
    postgresPort: 0,
    ...flags,
  };
}

async function summarize(
  narrator: Narrator,
  openstack: Openstack,
  { facts }: Launched,
  { keep }: DemoFlags,
): Promise<void> {
  const totalS = narrator.steps.reduce((sum, step) => sum + step.seconds, 0);
  narrator.line(`\nAll ${narrator.steps.length} steps done in ${totalS.toFixed(1)} s. Each was a durable workflow:`);
  const ui = facts.temporalUiUrl;
  for (const operation of (await openstack.operations(null)).toReversed()) {
    const address =
      ui !== null && keep
        ? `${ui}/namespaces/${facts.temporalNamespace}/workflows/${encodeURIComponent(operation.workflow_id)}`
        : operation.workflow_id;
    narrator.line(`  ${operation.kind.padEnd(20)} ${operation.state.padEnd(10)} ${address}`);
  }
  if (!keep) narrator.line('Everything is stopped and removed now; `scoria demo --keep` leaves it to be looked at.');
}
