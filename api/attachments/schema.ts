// Bodies of requests on attachments.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/attachments.py
import { z } from 'zod';
import { uuid } from '../http/fields.ts';

const connector = z.looseObject({});

const createShape = {
  instance_uuid: uuid().optional(),
  connector: connector.nullable().optional(),
  volume_uuid: uuid(),
};

/** Cinder's schemas name a property `type` by mistake; a client may send it. */
const loose = { type: z.unknown().optional() };

export const createAttachmentSchema = z.strictObject({ ...loose, attachment: z.strictObject(createShape) });

export const createAttachmentSchema354 = z.strictObject({
  ...loose,
  attachment: z.strictObject({ ...createShape, mode: z.enum(['rw', 'ro']).optional() }),
});

export const updateAttachmentSchema = z.strictObject({
  ...loose,
  attachment: z.strictObject({
    connector: connector.check((context) => {
      if (Object.keys(context.value).length > 0) return;
      context.issues.push({ code: 'custom', message: '{} should be non-empty', input: context.value });
    }),
  }),
});

export const completeSchema = z.strictObject({ 'os-complete': z.unknown() });
