// Each change of the API at its own number: the one table of them. Code and tests name a change, never a number.
// https://docs.openstack.org/cinder/latest/contributor/api_microversion_history.html
import type { Microversion } from './microversion.ts';

/** From this microversion on. The comment says what a client sees. */
export const microversions = {
  /** os-volume_upload_image takes `visibility` and `protected`. */
  uploadVisibility: '3.1',
  /** The filter `bootable` takes only words for true and false; before, all but `false` meant true. */
  strictBootableFilter: '3.2',
  /** /messages */
  messages: '3.3',
  /** Volumes can be filtered by `glance_metadata`. */
  glanceMetadataFilter: '3.4',
  /** Messages take `limit`, `marker`, `sort` and filters. */
  messagePages: '3.5',
  /** A consistency group's name and description may become empty: of groups, which there are none of here. */
  blankConsistencyGroups: '3.6',
  /** /clusters, and `cluster` in the list of services. */
  clusters: '3.7',
  /** /manageable_volumes and /manageable_snapshots */
  manageable: '3.8',
  /** PUT /backups/:id: name and description. */
  backupUpdate: '3.9',
  /** Volumes can be filtered by `group_id`. */
  groupFilter: '3.10',
  /** /group_types and their specs. */
  groupTypes: '3.11',
  /** /volumes/summary */
  volumeSummary: '3.12',
  /** /groups; a volume's `group_id`, shown and asked for. */
  groups: '3.13',
  /** /group_snapshots, groups made from others, and a snapshot's `group_snapshot_id`. */
  groupSnapshots: '3.14',
  /** A volume's metadata have an ETag, and If-Match is heeded. */
  metadataEtags: '3.15',
  /** Migrate and manage take `cluster`. */
  migrateToCluster: '3.16',
  /** Lists of what can be managed take `cluster`. */
  manageableOfCluster: '3.17',
  /** A backup shows its project. */
  backupProject: '3.18',
  /** reset_status of a group snapshot. */
  resetGroupSnapshot: '3.19',
  /** reset_status of a group. */
  resetGroup: '3.20',
  /** A volume shows its `provider_id` to administrators. */
  providerId: '3.21',
  /** Snapshots can be filtered by `metadata`. */
  snapshotMetadataFilter: '3.22',
  /** DELETE /volumes/:id?force=true */
  forcedDelete: '3.23',
  /** /workers/cleanup */
  workersCleanup: '3.24',
  /** A group shows its volumes. */
  groupVolumes: '3.25',
  /** failover, and freeze, thaw and clusters with their replication. */
  clusterReplication: '3.26',
  /** /attachments */
  attachments: '3.27',
  /** get_pools can be filtered. */
  poolFilters: '3.28',
  /** Group snapshots take filters, `sort`, `limit` and `marker`. */
  groupSnapshotPages: '3.29',
  /** Snapshots can be sorted by `name`. */
  snapshotsByName: '3.30',
  /** Filters are those of resource_filters, and others are refused. */
  resourceFilters: '3.31',
  /** get-log and set-log. */
  logLevels: '3.32',
  /** /resource_filters */
  resourceFilterList: '3.33',
  /** `name~=` and the like. */
  likeFilters: '3.34',
  /** get_pools can be filtered by `volume_type`. */
  poolTypeFilter: '3.35',
  /** The summary of volumes has their metadata. */
  summaryMetadata: '3.36',
  /** Backups can be sorted by `name`. */
  backupsByName: '3.37',
  /** A group's replication: actions and `replication_status`. */
  groupReplication: '3.38',
  /** Limits of another project, for administrators. */
  limitsOfProject: '3.39',
  /** revert */
  revert: '3.40',
  /** A snapshot shows its `user_id`. */
  snapshotUser: '3.41',
  /** os-extend of a volume in use. */
  extendInUse: '3.42',
  /** A backup's metadata: shown, asked for and updated. */
  backupMetadata: '3.43',
  /** os-complete of an attachment. */
  attachmentComplete: '3.44',
  /** `with_count` of volumes, snapshots and backups. */
  listCounts: '3.45',
  /** A volume of an instance snapshot's image is made of the snapshot that the image names. */
  imageOfSnapshot: '3.46',
  /** A volume of a backup. */
  volumeOfBackup: '3.47',
  /** A volume shows `shared_targets` and `service_uuid`. */
  sharedTargets: '3.48',
  /** The list of services has `backend_state`. */
  backendState: '3.49',
  /** Says that multiattach is there; nothing else changes. */
  multiattach: '3.50',
  /** A backup's availability zone can be asked for. */
  backupZone: '3.51',
  /** Types can be filtered by `extra_specs`, and otherwise as other lists. */
  typeFilters: '3.52',
  /** Bodies of volumes: no unknown field when one is made, one known field at least when it is updated. */
  strictVolumes: '3.53',
  /** An attachment's `mode` can be asked for. */
  attachmentMode: '3.54',
  /** /volume-transfers, and transfers with or without snapshots. */
  transferSnapshots: '3.55',
  /** A backup shows its `user_id`. */
  backupUser: '3.56',
  /** A transfer shows both projects and whether it was accepted. */
  transferHistory: '3.57',
  /** Groups and group snapshots show their project. */
  groupProject: '3.58',
  /** Transfers take `limit`, `marker`, `sort` and filters. */
  transferPages: '3.59',
  /** Volumes can be filtered by `created_at` and `updated_at`. */
  volumeTimeFilters: '3.60',
  /** A volume shows its `cluster_name` to administrators. */
  volumeCluster: '3.61',
  /** /default-types */
  defaultTypes: '3.62',
  /** A volume shows its `volume_type_id`. */
  volumeTypeId: '3.63',
  /** Volumes and backups that are encrypted show their `encryption_key_id`: there are none here. */
  encryptionKeyId: '3.64',
  /** `consumes_quota` of volumes and snapshots, shown and as a filter. */
  consumesQuota: '3.65',
  /** A snapshot of a volume in use needs no `force`, and may not say false. */
  snapshotInUse: '3.66',
  /** Says that paths may leave the project out; they may at every microversion. */
  projectOptional: '3.67',
  /** os-reimage */
  reimage: '3.68',
  /** `shared_targets` may be null. */
  sharedTargetsOrNull: '3.69',
  /** Transfers of encrypted volumes: there are none here. */
  encryptedTransfers: '3.70',
  /** Says that there is os-extend_volume_completion; Cinder takes it at every microversion. */
  extendCompletion: '3.71',
} as const satisfies Record<string, Microversion>;

export type ApiChange = keyof typeof microversions;
