// Bodies of POST /manageable_volumes and /manageable_snapshots, and of their older names.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_manage.py and snapshot_manage.py
import { z } from 'zod';
import { flag, metadata, text, uuid } from '../http/fields.ts';
import { microversions } from '../http/microversion-table.ts';

const name = text({ max: 255 }).nullable().optional();

/** What the back-end calls it: Cinder's drivers read `source-name`. */
const reference = z.union([z.looseObject({ 'source-name': z.unknown().optional() }), z.string()]);

const hostPattern = new RegExp(String.raw`^[a-zA-Z0-9-._#@:/+\[\]]*$`);

const volume = {
  description: name,
  availability_zone: name,
  bootable: flag().optional(),
  volume_type: name,
  name,
  host: text({ min: 1, max: 255, pattern: hostPattern }).nullable().optional(),
  ref: reference,
  metadata: metadata().nullable().optional(),
};

export const manageVolumeSchemas = {
  '3.0': z.strictObject({ volume: z.strictObject(volume) }),
  [microversions.migrateToCluster]: z.strictObject({
    volume: z.strictObject({ ...volume, cluster: text({ max: 255 }).nullable().optional() }),
  }),
} as const;

export type ManageVolumeWish = z.output<(typeof manageVolumeSchemas)[typeof microversions.migrateToCluster]>['volume'];

export const manageSnapshotSchema = z.strictObject({
  snapshot: z.strictObject({
    description: name,
    metadata: metadata().nullable().optional(),
    name,
    volume_id: uuid(),
    ref: reference.nullable(),
  }),
});

export type ManageSnapshotWish = z.output<typeof manageSnapshotSchema>['snapshot'];

/** The name that a reference holds; empty when it holds none, which no back-end has. */
export function sourceNameOf(ref: ManageSnapshotWish['ref']): string {
  if (typeof ref === 'string') return ref;
  const given = ref?.['source-name'];
  return typeof given === 'string' ? given : '';
}
