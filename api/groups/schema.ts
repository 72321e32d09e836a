// Bodies of requests about groups.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/groups.py
import { z } from 'zod';
import { flag, requiredName, text, uuid } from '../http/fields.ts';
import { statusWord } from '../lists/status-words.ts';

const shortText = text({ max: 255 }).nullable().optional();

export const createGroupSchema = z.strictObject({
  group: z.strictObject({
    description: shortText,
    group_type: requiredName(),
    name: shortText,
    volume_types: z.array(text({ max: 255 })).min(1),
    availability_zone: shortText,
  }),
});

export type CreateGroupWish = z.output<typeof createGroupSchema>['group'];

export const createFromSourceSchema = z.strictObject({
  'create-from-src': z
    .strictObject({
      description: shortText,
      name: shortText,
      source_group_id: uuid().optional(),
      group_snapshot_id: uuid().optional(),
    })
    .refine((wish) => (wish.source_group_id === undefined) !== (wish.group_snapshot_id === undefined), {
      error: ({ input }) => `${JSON.stringify(input)} is not valid under any of the given schemas`,
    }),
});

export type CreateFromSourceWish = z.output<typeof createFromSourceSchema>['create-from-src'];

export const deleteGroupSchema = z.strictObject({
  delete: z.strictObject({ 'delete-volumes': flag().optional() }),
});

export const resetGroupSchema = z.strictObject({
  reset_status: z.strictObject({
    status: statusWord({
      what: 'Group status',
      valid: ['error', 'available', 'creating', 'deleting', 'deleted', 'updating', 'in-use', 'error_deleting'],
      brackets: '[]',
    }),
  }),
});

const texts = text({ max: 255 }).nullable().optional();

export const updateGroupSchema = z.strictObject({
  group: z
    .strictObject({ description: texts, name: texts, add_volumes: texts, remove_volumes: texts })
    .refine((wish) => Object.keys(wish).length > 0, { error: '{} is not valid under any of the given schemas' }),
});

export type UpdateGroupWish = z.output<typeof updateGroupSchema>['group'];

const emptyObject = z.looseObject({});

export const replicationSchemas = {
  enable: z.strictObject({ enable_replication: emptyObject }),
  disable: z.strictObject({ disable_replication: emptyObject }),
  failover: z.strictObject({
    failover_replication: z.strictObject({
      allow_attached_volume: flag().optional(),
      secondary_backend_id: shortText,
    }),
  }),
  list: z.strictObject({ list_replication_targets: emptyObject }),
} as const;
