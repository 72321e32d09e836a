// Bodies of requests on backups and their actions.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/backups.py
import { z } from 'zod';
import { flag, metadata, text, uuid, uuidOrNull } from '../http/fields.ts';
import { statusWord } from '../lists/status-words.ts';
import { descriptionText, nameText } from '../lists/text-fields.ts';
import { microversions } from '../http/microversion-table.ts';

/** Cinder's schemas name a property `type` by mistake; a client may send it. */
const loose = { type: z.unknown().optional() };

const shortText = () => text({ max: 255 }).nullable().optional();

const createShape = {
  volume_id: uuid(),
  container: shortText(),
  description: descriptionText(),
  incremental: flag().optional(),
  force: flag().optional(),
  name: nameText(),
  snapshot_id: uuidOrNull().optional(),
};
const metadataShape = { ...createShape, metadata: metadata().nullable().optional() };

export const createBackupSchemas = {
  '3.0': z.strictObject({ ...loose, backup: z.strictObject(createShape) }),
  [microversions.backupMetadata]: z.strictObject({ ...loose, backup: z.strictObject(metadataShape) }),
  [microversions.backupZone]: z.strictObject({
    ...loose,
    backup: z.strictObject({ ...metadataShape, availability_zone: shortText() }),
  }),
} as const;

/** What the three schemas have in common. */
export type CreateBackupWish = z.output<(typeof createBackupSchemas)[typeof microversions.backupZone]>['backup'];

const updateShape = { name: nameText(), description: descriptionText() };

export const updateBackupSchema = z.strictObject({ ...loose, backup: z.strictObject(updateShape).nullable() });

export const updateBackupSchema343 = z.strictObject({
  ...loose,
  backup: z.strictObject({ ...updateShape, metadata: metadata().optional() }).nullable(),
});

export const restoreSchema = z.strictObject({
  ...loose,
  restore: z.strictObject({ name: nameText(), volume_id: uuidOrNull().optional() }).nullable(),
});

export const resetBackupSchema = z.strictObject({
  'os-reset_status': z.strictObject({
    status: statusWord({ what: 'Backup status', valid: ['available', 'error'], brackets: '[]' }),
  }),
});

export const forceDeleteSchema = z.strictObject({ 'os-force_delete': z.unknown() });

export const importSchema = z.strictObject({
  ...loose,
  'backup-record': z.strictObject({
    backup_service: text({ min: 1, max: 255 }),
    backup_url: text({ min: 1 }),
  }),
});
