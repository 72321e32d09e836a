// Starts everything that Scoria needs on one machine, in order, and stops it in the reverse order.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '../../prisma/migrate.ts';
import type { ScoriaConfig } from '../config/config.ts';
import { roles } from '../config/requirements.ts';
import { cloudProjectId, cloudsYaml, cloudUserId, keystoneCloudsYaml } from './clouds.ts';
import { logInWithProject } from './keystone-client.ts';
import { glanceIdentity, populateKeystone } from './keystone-people.ts';
import type { LaunchFacts, LaunchOptions, Launched } from './launch-options.ts';
import { prepareLaunch, type Prepared } from './launch-preparation.ts';
import { endLeftovers } from './leftovers.ts';
import { probeLibvirt } from './libvirtd-probe.ts';
import { limitLogs } from './log-limit.ts';
import { loopback } from './ports.ts';
import { mainProgram, roleProcessPlan } from './role-process.ts';
import { glancePlan, keystonePlan, libvirtPlan, postgresPlan, temporalPlan } from './server-plans.ts';
import { openStateDirectory, writeWhole } from './state-directory.ts';
import { lockStateDirectory } from './state-lock.ts';
import { supervise, type ChildPlan, type SupervisedChild } from './supervisor.ts';
import { targetPlan } from './target-server.ts';
import { locateTemporalCli } from './temporal-cli.ts';
import { probeTemporal } from './temporal.ts';

/** Something that has been started. */
interface Undo {
  stop(): Promise<void>;
  kill(): void;
}

/** What a start has made so far, in order. */
interface Progress {
  readonly options: LaunchOptions;
  readonly prepared: Prepared;
  readonly started: Undo[];
  readonly children: Map<string, SupervisedChild>;
}

/** Starts everything and answers when it is healthy. When a part fails, what had been started is stopped again. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const started: Undo[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopAll(started));
  try {
    const facts = await startAll(options, started);
    return { facts, stop, kill: () => started.forEach((one) => one.kill()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopAll(started: readonly Undo[]): Promise<void> {
  for (const one of started.toReversed()) {
    // Whatever refuses to stop must not keep the others running.
    await one.stop().catch(() => one.kill());
  }
}

async function startAll(options: LaunchOptions, started: Undo[]): Promise<LaunchFacts> {
  const { say, signal, readyFile } = options;
  const directory = await openStateDirectory(options.stateDir);
  const lock = await lockStateDirectory(directory.path);
  started.push({ stop: () => lock.release(), kill: () => {} });
  if (readyFile) {
    await rm(readyFile, { force: true });
    started.push({ stop: () => rm(readyFile, { force: true }), kill: () => {} });
  }
  await endLeftovers(directory.runDir, say);
  const prepared = await prepareLaunch(options, directory);
  for (const warning of prepared.warnings) say(`warning: ${warning}`);
  const progress: Progress = { options, prepared, started, children: new Map() };
  signal.throwIfAborted();
  await startServers(progress);
  await migrate(prepared.databaseUrl);
  signal.throwIfAborted();
  const libvirtUri = await startStorageServers(progress);
  const { config } = await prepared.writeConfig(libvirtUri);
  await startRoles(progress);
  const stopLimiting = limitLogs(
    [...progress.children.values()].map(({ logFile }) => logFile),
    say,
  );
  started.push({ stop: async () => stopLimiting(), kill: stopLimiting });
  const { apiUrl, glanceUrl, keystone } = prepared;
  const clouds = keystone ? keystoneCloudsYaml(keystone) : cloudsYaml(apiUrl, glanceUrl);
  await writeWhole(directory.cloudsFile, clouds, 0o600);
  const facts = await factsOf(progress, config);
  if (readyFile) await writeWhole(readyFile, `${JSON.stringify(facts, null, 2)}\n`, 0o600);
  return facts;
}

async function watch({ options, prepared, started, children }: Progress, plan: ChildPlan): Promise<void> {
  const { say, signal } = options;
  const child = await supervise(plan, { runDir: prepared.directory.runDir, say, signal });
  children.set(child.name, child);
  started.push(child);
}

/** PostgreSQL and Temporal side by side, unless the configuration names ones that run already. */
async function startServers(progress: Progress): Promise<void> {
  const { ports, directory, config, keystone, apiUrl, glanceUrl } = progress.prepared;
  const { postgres, temporal, temporalUi } = ports;
  const plans: ChildPlan[] = [];
  if (postgres !== null) plans.push(postgresPlan(join(directory.path, 'postgres'), postgres));
  if (temporal === null) await probeTemporal(config.temporal.address, config.temporal.namespace);
  else plans.push(temporalPlan(join(directory.path, 'temporal'), temporal, temporalUi, progress.options.say));
  if (keystone !== null && ports.keystone !== null) {
    const keystoneDirectory = join(directory.path, 'keystone');
    plans.push(keystonePlan(keystoneDirectory, ports.keystone, keystone.passwords.admin, progress.options.say));
  }
  if (ports.glance !== null) {
    const identity = keystone && glanceIdentity(keystone.url, keystone.passwords.service);
    plans.push(glancePlan(join(directory.path, 'glance'), ports.glance, identity, progress.options.say));
  }
  // All are waited for, so that a failure of one finds the others started and stops them.
  const results = await Promise.allSettled(plans.map((plan) => watch(progress, plan)));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  if (keystone !== null) await populateKeystone(keystone.url, keystone.passwords, { apiUrl, glanceUrl });
}

/** The servers that need this machine's own programs; answers libvirt's address, or null without it. */
async function startStorageServers(progress: Progress): Promise<string | null> {
  const { prepared, options } = progress;
  const { directory, target, config } = prepared;
  if (target === null) {
    options.say(`volumes cannot be exported over iSCSI here: ${prepared.whyNoTarget}`);
  } else {
    await watch(progress, targetPlan(directory, target));
  }
  if (config.compute.libvirtUri !== null) return config.compute.libvirtUri;
  const lacking = await probeLibvirt();
  if (lacking.length > 0) {
    options.say(`volumes cannot be attached to instances here; missing: ${lacking.map(({ what }) => what).join(', ')}`);
    return null;
  }
  let uri: string | null = null;
  await watch(
    progress,
    libvirtPlan(join(directory.path, 'libvirt'), (connectionUri) => (uri = connectionUri)),
  );
  return uri;
}

async function startRoles(progress: Progress): Promise<void> {
  const { directory, configFiles, apiUrl } = progress.prepared;
  const { logDir, runDir } = directory;
  const program = progress.options.roleProgram ?? mainProgram;
  const common = { program, configFiles, logDir, runDir };
  // The API first: workers report to it when they start. In reverse, workers end while it still answers them.
  await watch(progress, roleProcessPlan({ ...common, name: 'api', roles: ['api'], apiUrl }));
  const workerRoles = roles.filter((role) => role !== 'api');
  await watch(progress, roleProcessPlan({ ...common, name: 'worker', roles: workerRoles, apiUrl: null }));
}

async function adminOf({ keystone }: Prepared): Promise<{ projectId: string; token: string }> {
  if (keystone === null) return { projectId: cloudProjectId, token: `${cloudUserId}:${cloudProjectId}` };
  return logInWithProject(keystone.url, {
    user: 'admin',
    password: keystone.passwords.admin,
    scope: { project: 'admin' },
  });
}

async function factsOf({ prepared, children }: Progress, config: ScoriaConfig): Promise<LaunchFacts> {
  const { directory, apiUrl, target } = prepared;
  const all = [...children.values()];
  const { projectId, token } = await adminOf(prepared);
  return {
    pid: process.pid,
    stateDir: directory.path,
    configFiles: prepared.configFiles,
    apiUrl,
    volumeEndpoint: `${apiUrl}/v3/${projectId}`,
    computeEndpoint: `${apiUrl}/compute/v2.1`,
    token,
    projectId,
    keystoneUrl: prepared.keystone?.url ?? null,
    glanceUrl: prepared.glanceUrl,
    cloudsFile: directory.cloudsFile,
    temporalAddress: config.temporal.address,
    temporalNamespace: config.temporal.namespace,
    temporalUiUrl: config.temporal.uiUrl,
    temporalCli: await locateTemporalCli(),
    databaseUrl: prepared.databaseUrl,
    targetPortal: target === null ? null : `${loopback}:${target.portalPort}`,
    libvirtUri: config.compute.libvirtUri,
    pids: Object.fromEntries(all.map((child) => [child.name, child.pid()])),
    logs: Object.fromEntries(all.map((child) => [child.name, child.logFile])),
  };
}
