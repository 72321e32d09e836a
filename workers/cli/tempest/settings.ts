// What Tempest is told of this cloud: no compute, images, two back-ends; and Scoria of the same.
import { imageIds } from './images.ts';

export interface TempestPlace {
  /** Its workspace. */
  readonly directory: string;
  readonly keystoneUrl: string;
  readonly adminPassword: string;
}

/** What there is in this cloud. */
const cloud = `[service_available]
cinder = true
nova = false
glance = true
# Whole classes are skipped, or break, where it is false, though they ask no network of it.
neutron = true
swift = false
[compute]
image_ref = ${imageIds.first}
image_ref_alt = ${imageIds.other}
[image]
catalog_type = image
[volume]
catalog_type = volumev3
region = RegionOne
storage_protocol = iSCSI
vendor_name = Scoria
backend_names = lf,lf2
volume_size = 1
build_interval = 1
build_timeout = 300
min_microversion = 3.0
max_microversion = latest
manage_volume_ref = source-name,volume-%s
manage_snapshot_ref = source-name,snapshot-%s
[volume-feature-enabled]
backup = true
snapshot = true
snapshot_backup = true
clone = true
multi_backend = true
manage_volume = true
manage_snapshot = true
consistency_group = false
extend_attached_volume = false
extend_volume_with_snapshot = true
volume_revert = true
volume_image_dep_tests = true
instance_locality_enabled = false
api_extensions = all
[compute-feature-enabled]
volume_multiattach = true
`;

/** https://docs.openstack.org/tempest/latest/sampleconf.html */
export function tempestConfig({ directory, keystoneUrl, adminPassword }: TempestPlace): string {
  return `[DEFAULT]
log_file = ${directory}/tempest.log
[oslo_concurrency]
lock_path = ${directory}/lock
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
admin_username = admin
admin_password = ${adminPassword}
admin_project_name = admin
admin_domain_name = Default
[identity]
auth_version = v3
uri_v3 = ${keystoneUrl}
uri = ${keystoneUrl}
region = RegionOne
default_domain_id = default
${cloud}[enforce_scope]
cinder = true
`;
}

/** Two back-ends, no quota, and a default type that exists. */
export const scoriaConfig = `[DEFAULT]
host = tempest
my_ip = 127.0.0.1
enabled_backends = lf,lf2
quota_volumes = -1
quota_snapshots = -1
quota_gigabytes = -1
quota_backups = -1
quota_backup_gigabytes = -1
[lf]
volume_driver = file
volume_backend_name = lf
file_volumes_dir = $state_path/volumes/lf
volume_clear = none
[lf2]
volume_driver = file
volume_backend_name = lf2
file_volumes_dir = $state_path/volumes/lf2
volume_clear = none
`;
