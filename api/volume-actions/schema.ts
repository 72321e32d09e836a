// Bodies of POST /volumes/:id/action.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_actions.py and admin_actions.py
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { dictionary, flag, metadataKeyPattern, sizeGib, text, uuid, uuidOrNull } from '../http/fields.ts';
import { statusWord } from '../lists/status-words.ts';

/** Of what an action says that says nothing. */
export const nothing = <Name extends string>(name: Name) =>
  z.strictObject({ [name]: z.unknown() } as Record<Name, z.ZodUnknown>);

const connector = z.looseObject({});

export const extendCompletionSchema = z.strictObject({
  'os-extend_volume_completion': z.strictObject({ error: z.union([z.string(), z.boolean()]).nullable().optional() }),
});

export const extendSchema = z.strictObject({ 'os-extend': z.strictObject({ new_size: sizeGib() }) });

export const attachSchema = z.strictObject({
  'os-attach': z
    .strictObject({
      instance_uuid: uuid().optional(),
      mountpoint: text({ min: 1, max: 255 }),
      host_name: text({ max: 255 }).optional(),
      mode: z.enum(['rw', 'ro']).optional(),
    })
    .refine((wish) => wish.instance_uuid !== undefined || wish.host_name !== undefined, {
      error: ({ input }) => `${JSON.stringify(input)} is not valid under any of the given schemas`,
    }),
});

export const detachSchema = z.strictObject({
  'os-detach': z.strictObject({ attachment_id: uuidOrNull().optional() }).nullable(),
});

export const initializeSchema = z.strictObject({ 'os-initialize_connection': z.strictObject({ connector }) });

export const terminateSchema = z.strictObject({
  'os-terminate_connection': z.strictObject({ connector: connector.nullable() }),
});

export const forceDetachSchema = z.strictObject({
  'os-force_detach': z.strictObject({
    connector: connector.nullable().optional(),
    attachment_id: text().nullable().optional(),
  }),
});

export const bootableSchema = z.strictObject({ 'os-set_bootable': z.strictObject({ bootable: flag() }) });

export const readonlySchema = z.strictObject({ 'os-update_readonly_flag': z.strictObject({ readonly: flag() }) });

/** Cinder keeps image metadata in columns of 64 KiB. */
const imageText = z.string().check((context) => {
  if (Buffer.byteLength(context.value) <= 65_535) return;
  context.issues.push({ code: 'custom', message: `'${context.value}' is not a 'mysql_text'`, input: context.value });
});

export const setImageMetadataSchema = z.strictObject({
  'os-set_image_metadata': z.strictObject({ metadata: dictionary(metadataKeyPattern, imageText) }),
});

export const unsetImageMetadataSchema = z.strictObject({
  'os-unset_image_metadata': z.strictObject({ key: text({ min: 1, max: 255 }) }),
});

/** https://github.com/openstack/cinder/blob/29.0.0/cinder/objects/fields.py */
const volumeStatuses = [
  'creating',
  'available',
  'deleting',
  'error',
  'error_deleting',
  'error_managing',
  'managing',
  'attaching',
  'in-use',
  'detaching',
  'maintenance',
  'restoring-backup',
  'error_restoring',
  'reserved',
  'awaiting-transfer',
  'backing-up',
  'error_backing-up',
  'error_extending',
  'downloading',
  'uploading',
  'retyping',
  'extending',
];
const migrationStatuses = ['migrating', 'error', 'success', 'completing', 'none', 'starting'];

const word = (what: string, valid: readonly string[], brackets: '()' | '[]') =>
  statusWord({ what, valid, brackets }).nullable().optional();

const resetFields = z
  .strictObject({
    status: word('Volume status', volumeStatuses, '()'),
    attach_status: word('Volume attach status', ['attached', 'detached'], '[]'),
    migration_status: word('Volume migration status', migrationStatuses, '()'),
  })
  .check((context) => {
    const { status, attach_status: attachStatus, migration_status: migrationStatus } = context.value;
    if (status || attachStatus || migrationStatus) return;
    const err = "Must specify 'status', 'attach_status' or 'migration_status' for update.";
    const fault = new ApiError('InvalidParameterValue', { err });
    context.issues.push({ code: 'custom', message: err, params: { fault }, input: context.value });
  });

export const resetSchema = z.strictObject({ 'os-reset_status': resetFields });
