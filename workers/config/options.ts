// Every option of the sections that are not back-ends: Cinder's own names, kinds and (unless noted) defaults.
// Authority: https://docs.openstack.org/cinder/latest/configuration/block-storage/samples/cinder.conf.html
import { hostname, networkInterfaces } from 'node:os';
import { schedulerFilters, type SchedulerFilterName } from '../../domain/scheduler/filters/table.ts';
import { schedulerWeighers, type SchedulerWeigherName } from '../../domain/scheduler/weighers/table.ts';
import { weightHandlers, type WeightHandlerName } from '../../domain/scheduler/weight-handlers.ts';
import { backupDriverKind } from './driver-names.ts';
import {
  decimal,
  flag,
  httpUrl,
  integer,
  listOf,
  matching,
  mayBeEmpty,
  mayBeLeftOut,
  oneOf,
  path,
  port,
  secret,
  text,
  withDefault,
  type OptionTable,
} from './option.ts';

const namesOf = <T extends string>(table: Readonly<Record<T, unknown>>): readonly T[] => Object.keys(table) as T[];

/** -1 is Cinder's word for no limit. */
const quota = integer(-1);

/** Cinder's default of `my_ip`: an address of this machine that others can reach, if it has one. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

/** As oslo.config takes it: with or without http://. */
const glanceServer = matching(
  /^(https?:\/\/)?[^\s/]+(\/\S*)?$/,
  'host:port or an address that starts with http:// or https://',
);

/** Images: where Glance is, and what is done with what it holds. */
const imageOptions = {
  // Left out: the address that Keystone's catalogue has.
  glance_api_servers: mayBeLeftOut(listOf(glanceServer, 1)),
  glance_catalog_info: withDefault(
    matching(/^[^:]+:[^:]*:(public|internal|admin)URL$/, 'service_type:service_name:endpoint_type'),
    'image:glance:publicURL',
  ),
  glance_num_retries: withDefault(integer(0), '3'),
  glance_request_timeout: mayBeLeftOut(integer(1)),
  glance_api_insecure: withDefault(flag, 'false'),
  glance_ca_certificates_file: mayBeEmpty(path),
  glance_certfile: mayBeEmpty(path),
  glance_keyfile: mayBeEmpty(path),
  glance_core_properties: withDefault(
    listOf(text),
    'checksum,container_format,disk_format,image_name,image_id,min_disk,min_ram,name,size',
  ),
  reserved_image_namespaces: withDefault(listOf(text), ''),
  enable_force_upload: withDefault(flag, 'false'),
  image_conversion_dir: withDefault(path, '$state_path/conversion'),
  image_conversion_disable: withDefault(flag, 'false'),
  image_compress_on_upload: withDefault(flag, 'true'),
  image_conversion_cpu_limit: withDefault(integer(1), '60'),
  image_conversion_address_space_limit: withDefault(integer(1), '1'),
  image_introspection_cpu_limit: withDefault(integer(1), '$image_conversion_cpu_limit'),
  image_introspection_address_space_limit: withDefault(integer(1), '$image_conversion_address_space_limit'),
  vmdk_allowed_types: withDefault(listOf(text), 'streamOptimized,monolithicSparse'),
} as const satisfies OptionTable;

const serviceName = matching(/^[^@#\s/]+$/, 'a name without spaces, @, # and /');

export const defaultOptions = {
  host: withDefault(serviceName, hostname()),
  my_ip: withDefault(text, ownAddress()),
  // Cinder's is /var/lib/cinder; two programs must not share a directory.
  state_path: withDefault(path, '/var/lib/scoria'),
  // How workers that are not root reach it (docs/privilege.md); Cinder's own file does not list our filters.
  rootwrap_config: withDefault(path, '/etc/scoria/rootwrap.conf'),
  auth_strategy: withDefault(oneOf(['keystone', 'noauth']), 'keystone'),
  enabled_backends: withDefault(listOf(serviceName), ''),
  default_volume_type: withDefault(text, '__DEFAULT__'),
  default_group_type: mayBeLeftOut(text),
  storage_availability_zone: withDefault(text, 'nova'),
  default_availability_zone: mayBeLeftOut(text),
  allow_availability_zone_fallback: withDefault(flag, 'false'),
  cloned_volume_same_az: withDefault(flag, 'true'),
  snapshot_same_host: withDefault(flag, 'true'),
  volume_name_template: withDefault(
    matching(/^[\w.%(){}-]*%s[\w.-]*$/, 'a name with one %s, such as volume-%s'),
    'volume-%s',
  ),
  snapshot_name_template: withDefault(
    matching(/^[\w.-]*%s[\w.-]*$/, 'a name with one %s, such as snapshot-%s'),
    'snapshot-%s',
  ),
  backup_name_template: withDefault(
    matching(/^[\w.-]*%s[\w.-]*$/, 'a name with one %s, such as backup-%s'),
    'backup-%s',
  ),

  osapi_volume_listen: withDefault(text, '0.0.0.0'),
  osapi_volume_listen_port: withDefault(port, '8776'),
  osapi_volume_workers: withDefault(integer(1, 64), '1'),
  osapi_max_limit: withDefault(integer(1), '1000'),
  osapi_max_request_body_size: withDefault(integer(1), '$oslo_middleware.max_request_body_size'),
  public_endpoint: mayBeLeftOut(httpUrl),
  rpc_response_timeout: withDefault(integer(1), '60'),

  report_interval: withDefault(integer(1), '10'),
  service_down_time: withDefault(integer(1), '60'),

  scheduler_default_filters: withDefault(
    listOf(oneOf<SchedulerFilterName>(namesOf(schedulerFilters))),
    'AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter',
  ),
  scheduler_default_weighers: withDefault(
    listOf(oneOf<SchedulerWeigherName>(namesOf(schedulerWeighers))),
    'CapacityWeigher',
  ),
  scheduler_weight_handler: withDefault(oneOf<WeightHandlerName>(namesOf(weightHandlers)), 'OrderedHostWeightHandler'),
  scheduler_max_attempts: withDefault(integer(1), '3'),
  capacity_weight_multiplier: withDefault(decimal(), '1.0'),
  allocated_capacity_weight_multiplier: withDefault(decimal(), '-1.0'),
  volume_number_multiplier: withDefault(decimal(), '-1.0'),

  quota_volumes: withDefault(quota, '10'),
  quota_gigabytes: withDefault(quota, '1000'),
  quota_snapshots: withDefault(quota, '10'),
  quota_backups: withDefault(quota, '10'),
  quota_backup_gigabytes: withDefault(quota, '1000'),
  quota_groups: withDefault(quota, '10'),
  per_volume_size_limit: withDefault(quota, '-1'),
  no_snapshot_gb_quota: withDefault(flag, 'false'),

  backup_driver: withDefault(backupDriverKind, 'posix'),
  backup_use_same_host: withDefault(flag, 'false'),
  backup_max_operations: withDefault(integer(0), '15'),
  // Checked further by drivers/backup/config.ts, which has the last word on what begins with backup_.
  backup_posix_path: withDefault(path, '$state_path/backup'),
  backup_share: mayBeLeftOut(text),
  backup_mount_options: mayBeEmpty(text),
  backup_mount_point_base: withDefault(path, '$state_path/backup_mount'),
  backup_mount_attempts: withDefault(integer(1), '3'),
  backup_file_size: withDefault(integer(512), '1999994880'),
  backup_sha_block_size_bytes: withDefault(integer(512), '32768'),
  backup_compression_algorithm: withDefault(text, 'zlib'),
  backup_container: mayBeLeftOut(text),
  backup_enable_progress_timer: withDefault(flag, 'true'),
  backup_object_number_per_notification: withDefault(integer(1), '10'),
  backup_timer_interval: withDefault(integer(1), '120'),

  ...imageOptions,

  debug: withDefault(flag, 'false'),
} as const satisfies OptionTable;

export const sizeLimitOptions = {
  max_request_body_size: withDefault(integer(1), '114688'),
} as const satisfies OptionTable;

/** https://docs.openstack.org/oslo.policy/latest/configuration/index.html */
export const policyOptions = {
  policy_file: withDefault(text, 'policy.yaml'),
  enforce_new_defaults: withDefault(flag, 'true'),
} as const satisfies OptionTable;

/**
 * Who checks tokens, and as whom it is asked.
 * https://docs.openstack.org/keystonemiddleware/latest/middlewarearchitecture.html#configuration-options
 */
export const keystoneOptions = {
  www_authenticate_uri: mayBeEmpty(httpUrl),
  auth_url: mayBeEmpty(httpUrl),
  auth_type: withDefault(oneOf(['password', 'v3password', 'v3applicationcredential']), 'password'),
  username: mayBeEmpty(text),
  user_id: mayBeEmpty(text),
  user_domain_name: mayBeEmpty(text),
  user_domain_id: mayBeEmpty(text),
  password: mayBeEmpty(secret),
  project_name: mayBeEmpty(text),
  project_id: mayBeEmpty(text),
  project_domain_name: mayBeEmpty(text),
  project_domain_id: mayBeEmpty(text),
  application_credential_id: mayBeEmpty(text),
  application_credential_secret: mayBeEmpty(secret),
  interface: withDefault(oneOf(['public', 'internal', 'admin']), 'internal'),
  region_name: mayBeEmpty(text),
  cafile: mayBeEmpty(path),
  certfile: mayBeEmpty(path),
  keyfile: mayBeEmpty(path),
  insecure: withDefault(flag, 'false'),
  http_connect_timeout: withDefault(integer(1), '10'),
  http_request_max_retries: withDefault(integer(0), '3'),
  token_cache_time: withDefault(integer(-1), '300'),
  service_token_roles: withDefault(listOf(text), 'service'),
  service_token_roles_required: withDefault(flag, 'true'),
  service_type: mayBeEmpty(text),
} as const satisfies OptionTable;

export const databaseOptions = {
  // Needed by the roles that use it, see requirements.ts: storage and compute hosts hold no database credentials.
  connection: mayBeLeftOut({
    ...matching(/^postgres(ql)?:\/\/\S+$/, 'postgresql://user:password@host:port/database'),
    secret: true,
  }),
} as const satisfies OptionTable;

/** Scoria's own section: where workflows run. */
export const temporalOptions = {
  address: withDefault(matching(/^[^\s/]+:\d+$/, 'host:port'), '127.0.0.1:7233'),
  namespace: withDefault(text, 'default'),
  ui_url: mayBeLeftOut(httpUrl),
  // Set = control workers are versioned, as one Temporal Worker Deployment of this name (docs/upgrading.md).
  deployment_name: mayBeLeftOut(matching(/^[A-Za-z0-9_-]+$/, 'letters, digits, - and _')),
  // Default: the release and a digest of its workflows' code.
  build_id: mayBeLeftOut(matching(/^[\w.-]+$/, 'letters, digits, ., - and _')),
  tls_ca_file: mayBeLeftOut(path),
  tls_cert_file: mayBeLeftOut(path),
  tls_key_file: mayBeLeftOut(path),
  tls_server_name: mayBeLeftOut(text),
} as const satisfies OptionTable;

/** Scoria's own section: the instances of a compute host. */
export const computeOptions = {
  libvirt_uri: mayBeLeftOut(matching(/^[a-z]+(\+[a-z]+)?:\/\/\S+$/, 'a libvirt address, such as qemu:///system')),
} as const satisfies OptionTable;

/** Scoria's own section: what Cinder has no name for. */
export const scoriaOptions = {
  internal_api_url: withDefault(httpUrl, 'http://127.0.0.1:$DEFAULT.osapi_volume_listen_port'),
  internal_api_secret: mayBeLeftOut({
    ...matching(/^\S{16,}$/, 'at least 16 characters without spaces'),
    secret: true,
  }),
  secret_key: mayBeLeftOut({ ...matching(/^\S{16,}$/, 'at least 16 characters without spaces'), secret: true }),
  backlog_limit: withDefault(integer(1), '10000'),
  // 0 = no limit, as Cinder's default. Of each project, in each API process.
  api_requests_per_minute: withDefault(integer(0), '0'),
  api_request_burst: withDefault(integer(1), '100'),
  cache_path: withDefault(path, '$DEFAULT.state_path/cache'),
  // Where a process that runs workers answers GET /healthcheck; 0 = nowhere. The API answers on its own port.
  health_listen: withDefault(text, '127.0.0.1'),
  health_port: withDefault(integer(0, 65_535), '0'),
  step_maximum_attempts: withDefault(integer(1), '5'),
  step_initial_interval_ms: withDefault(integer(1), '1000'),
  step_heartbeat_timeout_ms: withDefault(integer(1000), '30000'),
  host_patience_ms: withDefault(integer(100), '10000'),
  // What waited for a paused back-end goes on spread over so long, when a release does not say otherwise.
  backend_release_over_s: withDefault(integer(0), '60'),
  // How a backup host reaches volumes of other hosts: QEMU's initiator, or the kernel's own.
  connector: withDefault(oneOf(['libiscsi', 'open-iscsi']), 'libiscsi'),
  // <cluster>.conf and the keyrings with which it reaches RBD volumes of other hosts.
  ceph_directory: withDefault(path, '/etc/ceph'),
} as const satisfies OptionTable;

/** By section; everything else is a back-end, or Cinder's and unknown here. */
export const fixedSections = {
  DEFAULT: defaultOptions,
  oslo_middleware: sizeLimitOptions,
  oslo_policy: policyOptions,
  keystone_authtoken: keystoneOptions,
  database: databaseOptions,
  temporal: temporalOptions,
  compute: computeOptions,
  scoria: scoriaOptions,
} as const satisfies Readonly<Record<string, OptionTable>>;
