// The configuration files of the lab's processes: three hosts, as an operator would write them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessName } from './processes.ts';

export const hosts: Readonly<Record<ProcessName, string>> = {
  api: 'control',
  control: 'control',
  volume: 'alpha',
  backup: 'beta',
  compute: 'gamma',
};

export const backendNames = ['first', 'second'] as const;
export const internalSecret = 'chaos-internal-secret';
export const secretKey = 'chaos-secret-key-chaos';
/** Far more than any cell needs, small enough that a few volumes on one pool are noticed. */
export const capacityGib = 1000;

export interface PlantFacts {
  readonly directory: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly apiPort: number;
  readonly portalPort: number;
  readonly controlPort: number;
}

/** Where a host keeps its locks, records and connections. */
export const stateDirOf = ({ directory }: Pick<PlantFacts, 'directory'>, name: ProcessName): string =>
  join(directory, hosts[name]);

export const volumesDirOf = ({ directory }: Pick<PlantFacts, 'directory'>, backend: string): string =>
  join(directory, 'volumes', backend);

export const backupDirOf = ({ directory }: Pick<PlantFacts, 'directory'>): string => join(directory, 'backups');

/** Writes <directory>/<name>.conf for every process. */
export async function writeConfigs(facts: PlantFacts): Promise<void> {
  const names = Object.keys(hosts) as ProcessName[];
  await Promise.all(
    names.map((name) => writeFile(join(facts.directory, `${name}.conf`), textFor(facts, name), { mode: 0o600 })),
  );
}

function textFor(facts: PlantFacts, name: ProcessName): string {
  const usesDatabase = name === 'api' || name === 'control';
  return `[DEFAULT]
host = ${hosts[name]}
my_ip = 127.0.0.1
state_path = ${stateDirOf(facts, name)}
auth_strategy = noauth
enabled_backends = ${backendNames.join(',')}
osapi_volume_listen = 127.0.0.1
osapi_volume_listen_port = ${facts.apiPort}
rpc_response_timeout = 20
report_interval = 1
service_down_time = 60
quota_volumes = -1
quota_gigabytes = -1
quota_snapshots = -1
quota_backups = -1
quota_backup_gigabytes = -1
backup_posix_path = ${backupDirOf(facts)}
backup_file_size = 268435456
backup_sha_block_size_bytes = 32768
${backendNames.map((backend) => backendSection(facts, backend)).join('')}
${usesDatabase ? `[database]\nconnection = ${facts.databaseUrl}\n` : ''}
[temporal]
address = ${facts.temporalAddress}
[scoria]
internal_api_url = http://127.0.0.1:${facts.apiPort}
internal_api_secret = ${internalSecret}
secret_key = ${secretKey}
cache_path = ${join(facts.directory, 'cache')}
step_maximum_attempts = 10
step_initial_interval_ms = 100
step_heartbeat_timeout_ms = 4000
host_patience_ms = 3000
`;
}

const backendSection = (facts: PlantFacts, backend: string): string => `[${backend}]
volume_driver = file
volume_backend_name = ${backend}
file_volumes_dir = ${volumesDirOf(facts, backend)}
file_capacity_gib = ${capacityGib}
max_over_subscription_ratio = 20
target_ip_address = 127.0.0.1
target_port = ${facts.portalPort}
tgt_control_port = ${facts.controlPort}
`;
