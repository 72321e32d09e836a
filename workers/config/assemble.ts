// Gives checked values the names and units that the rest of Scoria uses.
import type { BackupOptions } from '../../drivers/backup/config.ts';
import { imagesOf } from './images.ts';
import { keystoneOf } from './keystone.ts';
import type { BackendConfig, FixedValues, ScoriaConfig, TemporalConfig } from './config.ts';

/** What has been worked out of more than one section. */
interface Worked {
  readonly backends: readonly BackendConfig[];
  readonly backup: BackupOptions;
  readonly policyFile: string;
}

/** Everything in `values` has been checked already. */
export function assembleConfig(values: FixedValues, { backends, backup, policyFile }: Worked): ScoriaConfig {
  const { DEFAULT: main, scoria } = values;
  return {
    host: main.host,
    myIp: main.my_ip,
    statePath: main.state_path,
    rootwrapConfig: main.rootwrap_config,
    cachePath: scoria.cache_path,
    connector: scoria.connector,
    cephDirectory: scoria.ceph_directory,
    debug: main.debug,
    authStrategy: main.auth_strategy,
    keystone: keystoneOf(values),
    policy: { file: policyFile, enforceNewDefaults: values.oslo_policy.enforce_new_defaults },
    storageAvailabilityZone: main.storage_availability_zone,
    defaultAvailabilityZone: main.default_availability_zone ?? main.storage_availability_zone,
    allowAvailabilityZoneFallback: main.allow_availability_zone_fallback,
    clonedVolumeSameAz: main.cloned_volume_same_az,
    snapshotSameHost: main.snapshot_same_host,
    defaultVolumeType: main.default_volume_type,
    defaultGroupType: main.default_group_type ?? null,
    volumeNameTemplate: main.volume_name_template,
    snapshotNameTemplate: main.snapshot_name_template,
    backupNameTemplate: main.backup_name_template,
    api: apiOf(values),
    internalApi: { url: scoria.internal_api_url, secret: scoria.internal_api_secret },
    database: { connection: values.database.connection },
    health: scoria.health_port === 0 ? null : { address: scoria.health_listen, port: scoria.health_port },
    temporal: temporalOf(values),
    compute: { libvirtUri: values.compute.libvirt_uri },
    serviceDownTimeS: main.service_down_time,
    reportIntervalMs: main.report_interval * 1000,
    scheduler: schedulerOf(values),
    quotaDefaults: quotaDefaultsOf(values),
    noSnapshotGbQuota: main.no_snapshot_gb_quota,
    backends,
    backup: {
      driver: main.backup_driver,
      useSameHost: main.backup_use_same_host,
      maxOperations: main.backup_max_operations,
      options: backup,
    },
    steps: {
      maximumAttempts: scoria.step_maximum_attempts,
      initialIntervalMs: scoria.step_initial_interval_ms,
      heartbeatTimeoutMs: scoria.step_heartbeat_timeout_ms,
      hostPatienceMs: scoria.host_patience_ms,
    },
    images: imagesOf(values),
    secretKey: scoria.secret_key,
  };
}

function apiOf({ DEFAULT: main, scoria }: FixedValues): ScoriaConfig['api'] {
  return {
    listenAddress: main.osapi_volume_listen,
    port: main.osapi_volume_listen_port,
    workers: main.osapi_volume_workers,
    rateLimit: { perMinute: scoria.api_requests_per_minute, burst: scoria.api_request_burst },
    maxLimit: main.osapi_max_limit,
    maxRequestBodyBytes: main.osapi_max_request_body_size,
    publicEndpoint: main.public_endpoint,
    rpcResponseTimeoutMs: main.rpc_response_timeout * 1000,
    backlogLimit: scoria.backlog_limit,
    backendReleaseOverS: scoria.backend_release_over_s,
  };
}

function temporalOf({ temporal }: FixedValues): TemporalConfig {
  const { address, namespace, ui_url: uiUrl, deployment_name: deploymentName, build_id: buildId } = temporal;
  const tls = {
    caFile: temporal.tls_ca_file,
    certFile: temporal.tls_cert_file,
    keyFile: temporal.tls_key_file,
    serverName: temporal.tls_server_name,
  };
  const usesTls = Object.values(tls).some((value) => value !== null);
  return { address, namespace, uiUrl, deploymentName, buildId, tls: usesTls ? tls : null };
}

function schedulerOf({ DEFAULT: main }: FixedValues): ScoriaConfig['scheduler'] {
  return {
    filters: main.scheduler_default_filters,
    weighers: main.scheduler_default_weighers,
    weightHandler: main.scheduler_weight_handler,
    multipliers: {
      CapacityWeigher: main.capacity_weight_multiplier,
      AllocatedCapacityWeigher: main.allocated_capacity_weight_multiplier,
      VolumeNumberWeigher: main.volume_number_multiplier,
    },
    maxAttempts: main.scheduler_max_attempts,
  };
}

/** By the names that quota sets have in the API. */
function quotaDefaultsOf({ DEFAULT: main }: FixedValues): Readonly<Record<string, number>> {
  return {
    volumes: main.quota_volumes,
    gigabytes: main.quota_gigabytes,
    snapshots: main.quota_snapshots,
    backups: main.quota_backups,
    backup_gigabytes: main.quota_backup_gigabytes,
    groups: main.quota_groups,
    per_volume_gigabytes: main.per_volume_size_limit,
  };
}
