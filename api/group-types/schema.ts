// Bodies of requests about group types.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/group_types.py
import { z } from 'zod';
import { dictionary, flag, metadataKeyPattern, requiredName, text } from '../http/fields.ts';

const description = text({ max: 255 }).nullable().optional();

export const createGroupTypeSchema = z.strictObject({
  group_type: z.strictObject({
    name: requiredName(),
    description,
    is_public: flag().optional(),
    group_specs: dictionary(metadataKeyPattern, text({ max: 255 }))
      .nullable()
      .optional(),
  }),
});

export const updateGroupTypeSchema = z.strictObject({
  group_type: z.strictObject({
    name: text({ max: 255 }).nullable().optional(),
    description,
    is_public: flag().optional(),
  }),
});
