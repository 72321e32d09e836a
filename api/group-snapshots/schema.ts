// Bodies of requests about group snapshots.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/group_snapshots.py
import { z } from 'zod';
import { text, uuid } from '../http/fields.ts';
import { statusWord } from '../lists/status-words.ts';

const shortText = text({ max: 255 }).nullable().optional();

export const createGroupSnapshotSchema = z.strictObject({
  group_snapshot: z.strictObject({ group_id: uuid(), name: shortText, description: shortText }),
});

export type CreateGroupSnapshotWish = z.output<typeof createGroupSnapshotSchema>['group_snapshot'];

export const resetGroupSnapshotSchema = z.strictObject({
  reset_status: z.strictObject({
    status: statusWord({
      what: 'Group snapshot status',
      valid: ['error', 'available', 'creating', 'deleting', 'deleted', 'updating', 'error_deleting'],
      brackets: '[]',
    }),
  }),
});
