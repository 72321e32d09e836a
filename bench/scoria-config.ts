// The configuration under which Scoria is measured: the peer's own (two back-ends of sparse files, no quota limits).

/** INI text; everything that it does not say is the launcher's. */
export const benchConfig = `[DEFAULT]
host = bench
my_ip = 127.0.0.1
auth_strategy = noauth
enabled_backends = lf,lf2
default_volume_type = lf
scheduler_default_filters = AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter
quota_volumes = -1
quota_gigabytes = -1
quota_snapshots = -1
quota_backups = -1
quota_backup_gigabytes = -1
backup_driver = posix
backup_file_size = 104857600

[lf]
volume_driver = file
volume_backend_name = lf
volume_clear = none
file_capacity_gib = 1000000
file_volumes_dir = $state_path/volumes/lf

[lf2]
volume_driver = file
volume_backend_name = lf2
volume_clear = none
file_capacity_gib = 1000000
file_volumes_dir = $state_path/volumes/lf2
`;
