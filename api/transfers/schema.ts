// Bodies of requests about transfers.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_transfer.py
import { z } from 'zod';
import { flag, text, uuid } from '../http/fields.ts';

const shape = {
  volume_id: uuid(),
  name: text({ max: 255 })
    .transform((name) => name.trim())
    .nullable()
    .optional(),
};

export const createTransferSchema = z.strictObject({ transfer: z.strictObject(shape) });
export const createTransferSchema355 = z.strictObject({
  transfer: z.strictObject({ ...shape, no_snapshots: flag().optional() }),
});

export const acceptTransferSchema = z.strictObject({
  accept: z.strictObject({ auth_key: z.union([z.string(), z.number().int()]) }),
});
