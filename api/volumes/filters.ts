// What lists of volumes may be filtered and sorted by, under Cinder's names.
import { volumeImageMetadataColumns, volumeMetadataColumns } from '../../prisma/store/volumes/volumes.ts';
import type { SortColumns } from '../http/paging.ts';
import type { Filter, FilterRules } from '../lists/filters.ts';
import { microversions } from '../http/microversion-table.ts';

/** Cinder's column names that are one of our columns. */
const columns = {
  id: 'id',
  status: 'status',
  previous_status: 'previousStatus',
  attach_status: 'attachStatus',
  migration_status: 'migrationStatus',
  size: 'sizeGib',
  availability_zone: 'availabilityZone',
  host: 'host',
  project_id: 'projectId',
  user_id: 'userId',
  volume_type_id: 'volumeTypeId',
  snapshot_id: 'snapshotId',
  source_volid: 'sourceVolumeId',
  group_id: 'groupId',
  bootable: 'bootable',
  multiattach: 'multiattach',
  display_name: 'name',
  display_description: 'description',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  launched_at: 'launchedAt',
  terminated_at: 'terminatedAt',
} as const;

const plain: Readonly<Record<string, Filter>> = Object.fromEntries(
  Object.entries(columns).map(([name, column]) => [name, { column }]),
);

export const volumeFilters: FilterRules = {
  filters: {
    ...plain,
    name: { column: 'name' },
    description: { column: 'description' },
    host: { column: 'host', as: 'host' },
    bootable: { column: 'bootable', as: 'flag' },
    multiattach: { column: 'multiattach', as: 'flag' },
    consumes_quota: { column: 'consumesQuota', as: 'flag' },
    created_at: { column: 'createdAt', as: 'time' },
    updated_at: { column: 'updatedAt', as: 'time' },
    metadata: { as: 'entries', columns: volumeMetadataColumns },
    glance_metadata: { as: 'entries', columns: volumeImageMetadataColumns },
  },
  forEveryone: [
    'name',
    'status',
    'metadata',
    'bootable',
    'migration_status',
    'availability_zone',
    'group_id',
    'size',
    'created_at',
    'updated_at',
    'consumes_quota',
  ],
  since: {
    glance_metadata: microversions.glanceMetadataFilter,
    group_id: microversions.groupFilter,
    created_at: microversions.volumeTimeFilters,
    updated_at: microversions.volumeTimeFilters,
    consumes_quota: microversions.consumesQuota,
  },
  strictFlags: { since: microversions.strictBootableFilter, names: ['bootable', 'multiattach'] },
  literals: true,
};

export const volumeSortColumns: SortColumns = {
  ...Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, { column }])),
  name: { column: 'name' },
};
