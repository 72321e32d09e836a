// Bodies of requests on snapshots, their metadata and their actions.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/snapshots.py
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { flag, metadata, text, uuidOrNull } from '../http/fields.ts';
import { statusWord } from '../lists/status-words.ts';
import { descriptionText, nameText } from '../lists/text-fields.ts';

/** Cinder's schemas name a property `type` by mistake; a client may send it. */
const loose = { type: z.unknown().optional() };

export const createSnapshotSchema = z.strictObject({
  ...loose,
  snapshot: z.strictObject({
    name: nameText(),
    display_name: nameText(),
    description: descriptionText(),
    volume_id: uuidOrNull(),
    force: flag().optional(),
    metadata: metadata().nullable().optional(),
  }),
});

export const updateSnapshotSchema = z.strictObject({
  ...loose,
  snapshot: z
    .strictObject({
      name: nameText(),
      description: descriptionText(),
      display_name: nameText(),
      display_description: descriptionText(),
    })
    .refine((snapshot) => Object.values(snapshot).some((value) => value !== undefined), {
      error: '{} is not valid under any of the given schemas',
    }),
});

const snapshotStatuses = [
  'error',
  'available',
  'creating',
  'deleting',
  'deleted',
  'updating',
  'error_deleting',
  'unmanaging',
  'backing-up',
  'restoring',
];

export const resetSnapshotSchema = z.strictObject({
  'os-reset_status': z.strictObject({
    status: statusWord({ what: 'Snapshot status', valid: snapshotStatuses, brackets: '()' }),
  }),
});

const progress = text().check((context) => {
  const fail = (reason: string): void => {
    const fault = new ApiError('InvalidInput', { reason });
    context.issues.push({ code: 'custom', message: reason, params: { fault }, input: context.value });
  };
  if (context.value === '') return;
  const number = context.value.slice(0, -1);
  if (!/^\s*[+-]?\d+\s*$/.test(number)) fail('progress must be an integer percentage');
  else if (Number(number) < 0 || Number(number) > 100 || !context.value.endsWith('%')) {
    fail('progress must be an integer percentage between 0 and 100');
  }
});

export const updateStatusSchema = z.strictObject({
  'os-update_snapshot_status': z.strictObject({ status: text(), progress: progress.nullable().optional() }),
});

export const forceDeleteSchema = z.strictObject({ 'os-force_delete': z.unknown() });

export const unmanageSnapshotSchema = z.strictObject({ 'os-unmanage': z.unknown() });
