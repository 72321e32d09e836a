// Everything about a start that can be known, and refused, before the first process is started.
import { mkdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ScoriaConfig } from '../config/config.ts';
import { externalTemporalAddress } from '../config/environment.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { roles } from '../config/requirements.ts';
import { mergeSources, readSources, type Source } from '../config/source.ts';
import { embeddedConfig } from './embedded-config.ts';
import type { LaunchOptions } from './launch-options.ts';
import { choosePorts, type LaunchPorts } from './launch-ports.ts';
import { databaseUrlIn } from './postgres.ts';
import { loopback } from './ports.ts';
import type { KeystonePasswords } from './keystone-people.ts';
import {
  ensureDefaultConfig,
  keystonePasswordsIn,
  secretsIn,
  writeWhole,
  type StateDirectory,
} from './state-directory.ts';
import { targetPorts, whyNoTarget, type TargetPorts } from './target-server.ts';

export interface Prepared {
  readonly directory: StateDirectory;
  /** The operator's and the launcher's own; the later one wins. */
  readonly configFiles: readonly string[];
  readonly config: ScoriaConfig;
  readonly warnings: readonly string[];
  readonly ports: LaunchPorts;
  readonly apiUrl: string;
  readonly databaseUrl: string;
  /** null where no Keystone of ours is started. */
  readonly keystone: { readonly url: string; readonly passwords: KeystonePasswords } | null;
  /** null where no Glance of ours is started. */
  readonly glanceUrl: string | null;
  /** null where no tgtd can run, for the reason given. */
  readonly target: TargetPorts | null;
  readonly whyNoTarget: string | null;
  /** Writes the launcher's part of the configuration anew and reads the whole. */
  readonly writeConfig: (libvirtUri: string | null) => Promise<LoadedConfig>;
}

/** Throws ConfigError, or an Error naming the flag of a port that is in use. */
export async function prepareLaunch(options: LaunchOptions, directory: StateDirectory): Promise<Prepared> {
  if (options.configFile === null) await ensureDefaultConfig(directory);
  const configFile = options.configFile ?? directory.configFile;
  const operators = mergeSources(readSources([configFile]));
  const external = externalServers(operators);
  // What is wrong with the operator's own file is said before anything is laid over it.
  const { config: own } = loadConfig(configFile);
  const ports = await choosePorts(options, own.api.port, {
    temporal: external.temporalAddress !== null,
    postgres: external.databaseUrl !== null,
  });
  const missing = await whyNoTarget();
  const target = missing === null ? await targetPorts(directory) : null;
  const databaseUrl =
    external.databaseUrl ?? (await databaseUrlIn(join(directory.path, 'postgres'), ports.postgres ?? 0));
  const keystone =
    ports.keystone === null
      ? null
      : { url: `http://${loopback}:${ports.keystone}/v3`, passwords: await keystonePasswordsIn(directory) };
  const known = {
    keystone: keystone && { url: keystone.url, password: keystone.passwords.service },
    statePath: directory.path,
    apiPort: ports.api,
    databaseUrl,
    temporalAddress: external.temporalAddress ?? `${loopback}:${ports.temporal}`,
    glanceUrl: ports.glance === null ? null : `http://${loopback}:${ports.glance}`,
    temporalUiUrl: ports.temporalUi === null ? null : `http://${loopback}:${ports.temporalUi}`,
    tgt: target,
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
  return {
    directory,
    configFiles,
    config,
    warnings,
    ports,
    apiUrl,
    databaseUrl,
    keystone,
    glanceUrl: known.glanceUrl,
    target,
    whyNoTarget: missing,
    writeConfig,
  };
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
  const wanted = [
    ...config.backends.flatMap(({ options }) => ('file_volumes_dir' in options ? [options.file_volumes_dir] : [])),
    config.backup.options.backup_posix_path,
  ];
  const own = wanted.filter((path) => path.startsWith(stateDir + sep));
  await Promise.all(own.map((path) => mkdir(path, { recursive: true })));
}
