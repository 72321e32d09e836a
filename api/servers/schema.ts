// Body of POST /servers/:server_id/os-volume_attachments.
// https://docs.openstack.org/api-ref/compute/#attach-a-volume-to-an-instance
import { z } from 'zod';
import { flag, text, uuid } from '../http/fields.ts';

/** Nova's form of a device's name. */
const devicePattern = /^$|^\/dev\/[a-zA-Z0-9_-]+$|^[a-zA-Z0-9_-]+$/;

export const attachVolumeSchema = z.strictObject({
  volumeAttachment: z.strictObject({
    volumeId: uuid(),
    device: text({ max: 255, pattern: devicePattern }).nullable().optional(),
    tag: text({ min: 1, max: 60 }).optional(),
    delete_on_termination: flag().optional(),
  }),
});
