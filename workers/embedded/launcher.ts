// Starts everything that Scoria needs on one machine, in order, and stops it in the reverse order.
import { mkdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { migrate } from '../../prisma/migrate.ts';
import { externalTemporalAddress } from '../config/environment.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { ScoriaConfig } from '../config/config.ts';
import { roles } from '../config/requirements.ts';
import { mergeSources, readSources, type Source } from '../config/source.ts';
import { cloudProjectId, cloudsYaml, cloudUserId } from './clouds.ts';
import { embeddedConfig } from './embedded-config.ts';
import type { LaunchFacts, LaunchOptions, Launched } from './launch-options.ts';
import { choosePorts, type LaunchPorts } from './launch-ports.ts';
import { endLeftovers } from './leftovers.ts';
import { startLibvirtd } from './libvirtd.ts';
import { probeLibvirt } from './libvirtd-probe.ts';
import { databaseUrlIn, startPostgres } from './postgres.ts';
import { loopback } from './ports.ts';
import { roleProcessPlan } from './role-process.ts';
import { ensureDefaultConfig, openStateDirectory, secretsIn, writeWhole, type StateDirectory } from './state-directory.ts';
import { lockStateDirectory } from './state-lock.ts';
import { supervise, type ChildPlan, type SupervisedChild } from './supervisor.ts';
import { startTarget, targetPorts, whyNoTarget, type TargetPorts } from './target-server.ts';
import { probeTemporal, startTemporal } from './temporal.ts';
import { locateTemporalCli } from './temporal-cli.ts';

/** What has been started so far; stopped from the last to the first. */
interface Undo {
  stop(): Promise<void>;
  kill(): void;
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
  const { say } = options;
  const directory = await openStateDirectory(options.stateDir);
  const lock = await lockStateDirectory(directory.path);
  started.push({ stop: () => lock.release(), kill: () => {} });
  if (options.readyFile) await rm(options.readyFile, { force: true });
  await endLeftovers(directory.runDir, say);
  const prepared = await prepare(options, directory);
  for (const warning of prepared.warnings) say(`warning: ${warning}`);

  const children = new Map<string, SupervisedChild>();
  const watch = async (plan: ChildPlan): Promise<void> => {
    const child = await supervise(plan, { runDir: directory.runDir, say, signal: options.signal });
    children.set(child.name, child);
    started.push(child);
  };
  await startServers(prepared, watch, say);
  await migrate(prepared.databaseUrl);
  const libvirtUri = await startStorageServers(prepared, started, watch, say);
  const { config } = await prepared.writeConfig(libvirtUri);
  await startRoles(prepared, watch);
  await writeWhole(directory.cloudsFile, cloudsYaml(prepared.apiUrl), 0o600);
  const facts = await factsOf(prepared, config, children);
  if (options.readyFile) await writeWhole(options.readyFile, `${JSON.stringify(facts, null, 2)}\n`, 0o600);
  return facts;
}

interface Prepared {
  readonly directory: StateDirectory;
  readonly configFiles: readonly string[];
  readonly config: ScoriaConfig;
  readonly warnings: readonly string[];
  readonly ports: LaunchPorts;
  readonly apiUrl: string;
  readonly databaseUrl: string;
  readonly target: { readonly ports: TargetPorts } | { readonly missing: string };
  /** Writes the launcher's part of the configuration anew and reads the whole. */
  readonly writeConfig: (libvirtUri: string | null) => Promise<LoadedConfig>;
}

/** Everything that can be known, and refused, before the first process is started. */
async function prepare(options: LaunchOptions, directory: StateDirectory): Promise<Prepared> {
  if (options.configFile === null) await ensureDefaultConfig(directory);
  const configFile = options.configFile ?? directory.configFile;
  const operators = mergeSources(readSources([configFile]));
  const external = externalServers(operators);
  const ports = await choosePorts(options, operators, {
    temporal: external.temporalAddress !== null,
    postgres: external.databaseUrl !== null,
  });
  const missing = await whyNoTarget();
  const target = missing === null ? { ports: await targetPorts(directory) } : { missing };
  const databaseUrl = external.databaseUrl ?? (await databaseUrlIn(join(directory.path, 'postgres'), ports.postgres ?? 0));
  const known = {
    statePath: directory.path,
    apiPort: ports.api,
    databaseUrl,
    temporalAddress: external.temporalAddress ?? `${loopback}:${ports.temporal}`,
    temporalUiUrl: ports.temporalUi === null ? null : `http://${loopback}:${ports.temporalUi}`,
    tgt: 'ports' in target ? target.ports : null,
    secrets: await secretsIn(directory),
  };
  const configFiles = [configFile, directory.embeddedConfigFile];
  const writeConfig = async (libvirtUri: string | null): Promise<LoadedConfig> => {
    await writeWhole(directory.embeddedConfigFile, embeddedConfig({ ...known, libvirtUri }, operators), 0o600);
    return loadConfig(configFiles, { roles });
  };
  const { config, warnings } = await writeConfig(null);
  await makeOwnDirectories(config, directory.path);
  const apiUrl = `http://${loopback}:${ports.api}`;
  return { directory, configFiles, config, warnings, ports, apiUrl, databaseUrl, target, writeConfig };
}

/** Servers that run already, and are used instead of ones of ours. */
function externalServers(operators: Source): { temporalAddress: string | null; databaseUrl: string | null } {
  return {
    temporalAddress: externalTemporalAddress() ?? operators.get('temporal', 'address')?.value ?? null,
    databaseUrl: operators.get('database', 'connection')?.value ?? null,
  };
}

/** Drivers want their directories to exist: those below the state directory are ours to make. */
async function makeOwnDirectories(config: ScoriaConfig, stateDir: string): Promise<void> {
  const wanted = [...config.backends.map(({ options }) => options.file_volumes_dir), config.backup.posixPath];
  const own = wanted.filter((path) => path.startsWith(stateDir + sep));
  await Promise.all(own.map((path) => mkdir(path, { recursive: true })));
}

type Watch = (plan: ChildPlan) => Promise<void>;

async function startServers({ directory, config, ports }: Prepared, watch: Watch, say: (line: string) => void): Promise<void> {
  const plans: ChildPlan[] = [];
  const { postgres, temporal, temporalUi } = ports;
  if (postgres !== null) plans.push(postgresPlan(join(directory.path, 'postgres'), postgres));
  if (temporal !== null) plans.push(temporalPlan(join(directory.path, 'temporal'), temporal, temporalUi, say));
  else await probeTemporal(config.temporal.address, config.temporal.namespace);
  // Both are waited for, so that a failure of one finds the other started and stops it.
  const results = await Promise.allSettled(plans.map(watch));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

function postgresPlan(directory: string, port: number): ChildPlan {
  return {
    name: 'postgres',
    logFile: join(directory, 'postgres.log'),
    start: async (signal) => {
      const { daemon, stop } = await startPostgres({ directory, port, signal });
      return { ...daemon, stop };
    },
  };
}

function temporalPlan(directory: string, port: number, uiPort: number | null, say: (line: string) => void): ChildPlan {
  return {
    name: 'temporal',
    logFile: join(directory, 'temporal.log'),
    start: async (signal) => {
      const { daemon, stop } = await startTemporal({ directory, port, ...(uiPort === null ? {} : { uiPort }), say, signal });
      return { ...daemon, stop };
    },
  };
}

/** The servers that need this machine's own programs; answers libvirt's address, or null without it. */
async function startStorageServers(
  { directory, target, config }: Prepared,
  started: Undo[],
  watch: Watch,
  say: (line: string) => void,
): Promise<string | null> {
  if ('missing' in target) {
    say(`volumes cannot be exported over iSCSI here: ${target.missing}`);
  } else {
    const tgtd = await startTarget(directory, target.ports);
    started.push({ stop: () => tgtd.stop(), kill: () => process.kill(tgtd.pid, 'SIGKILL') });
  }
  if (config.compute.libvirtUri !== null) return config.compute.libvirtUri;
  const lacking = await probeLibvirt();
  if (lacking.length > 0) {
    say(`volumes cannot be attached to instances here: ${lacking.map(({ name, remedy }) => `${name} (${remedy})`).join(', ')}`);
    return null;
  }
  let uri: string | null = null;
  await watch(libvirtPlan(join(directory.path, 'libvirt'), (connectionUri) => (uri = connectionUri)));
  return uri;
}

function libvirtPlan(directory: string, onStart: (connectionUri: string) => void): ChildPlan {
  return {
    name: 'libvirtd',
    logFile: join(directory, 'libvirtd.log'),
    start: async (signal) => {
      const { daemon, stop, connectionUri } = await startLibvirtd({ directory, signal });
      onStart(connectionUri);
      return { ...daemon, stop };
    },
  };
}

async function startRoles({ directory, configFiles, apiUrl }: Prepared, watch: Watch): Promise<void> {
  const { logDir, runDir } = directory;
  const common = { configFiles, logDir, runDir };
  // The API first: workers report to it when they start. In reverse, workers end while it still answers them.
  await watch(roleProcessPlan({ ...common, name: 'api', roles: ['api'], apiUrl }));
  const workerRoles = roles.filter((role) => role !== 'api');
  await watch(roleProcessPlan({ ...common, name: 'worker', roles: workerRoles, apiUrl: null }));
}

async function factsOf(prepared: Prepared, config: ScoriaConfig, children: ReadonlyMap<string, SupervisedChild>): Promise<LaunchFacts> {
  const { directory, apiUrl, target } = prepared;
  const all = [...children.values()];
  return {
    pid: process.pid,
    stateDir: directory.path,
    configFiles: prepared.configFiles,
    apiUrl,
    volumeEndpoint: `${apiUrl}/v3/${cloudProjectId}`,
    computeEndpoint: `${apiUrl}/compute/v2.1`,
    token: `${cloudUserId}:${cloudProjectId}`,
    projectId: cloudProjectId,
    cloudsFile: directory.cloudsFile,
    temporalAddress: config.temporal.address,
    temporalNamespace: config.temporal.namespace,
    temporalUiUrl: config.temporal.uiUrl,
    temporalCli: await locateTemporalCli(),
    databaseUrl: prepared.databaseUrl,
    targetPortal: 'ports' in target ? `${loopback}:${target.ports.portalPort}` : null,
    libvirtUri: config.compute.libvirtUri,
    pids: Object.fromEntries(all.map((child) => [child.name, child.pid()])),
    logs: Object.fromEntries(all.map((child) => [child.name, child.logFile])),
  };
}
