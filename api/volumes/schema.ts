// Bodies of requests on volumes and their metadata.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volumes.py
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { flag, metadata, sizeGib, text, uuidOrNull } from '../http/fields.ts';
import { microversions } from '../http/microversion-table.ts';

/** A name or description: trimmed, at most 255 characters, and refused in the words of Cinder's own check. */
function trimmed(what: 'name' | 'description') {
  return z
    .string()
    .transform((value) => value.trim())
    .check((context) => {
      const length = Array.from(context.value).length;
      if (length <= 255) return;
      const reason = `${what} has ${length} characters, more than 255.`;
      const fault = new ApiError('InvalidInput', { reason });
      context.issues.push({ code: 'custom', message: reason, params: { fault }, input: context.value });
    })
    .nullable()
    .optional();
}

const names = {
  name: trimmed('name'),
  description: trimmed('description'),
  display_name: trimmed('name'),
  display_description: trimmed('description'),
};

const shortText = (min: number) => text({ min, max: 255 }).nullable().optional();

const createShape = {
  ...names,
  volume_type: shortText(0),
  metadata: metadata().nullable().optional(),
  snapshot_id: uuidOrNull().optional(),
  source_volid: uuidOrNull().optional(),
  consistencygroup_id: uuidOrNull().optional(),
  size: sizeGib().nullable().optional(),
  availability_zone: shortText(1),
  multiattach: flag().nullable().optional(),
  image_id: shortText(0),
  imageRef: shortText(0),
};
const groupShape = { ...createShape, group_id: shortText(0) };
const backupShape = { ...groupShape, backup_id: uuidOrNull().optional() };

const oneOrMany = z.union([z.string(), z.array(z.string())]).optional();

/** https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/scheduler_hints.py */
const schedulerHints = z
  .looseObject({
    local_to_instance: uuidOrNull().optional(),
    different_host: oneOrMany,
    same_host: oneOrMany,
    query: z.union([z.string(), z.looseObject({})]).optional(),
  })
  .nullable()
  .optional();

const createBody = <Shape extends z.ZodType>(volume: Shape) =>
  z.strictObject({ volume, 'OS-SCH-HNT:scheduler_hints': schedulerHints });

/** Until 3.52 unknown properties are ignored; before 3.47 `backup_id` is looked at without being checked. */
const unchecked = { backup_id: z.unknown().optional() };

export const createVolumeSchemas = {
  '3.0': createBody(z.looseObject({ ...createShape, group_id: z.unknown().optional(), ...unchecked })),
  [microversions.groups]: createBody(z.looseObject({ ...groupShape, ...unchecked })),
  [microversions.volumeOfBackup]: createBody(z.looseObject(backupShape)),
  [microversions.strictVolumes]: createBody(z.strictObject(backupShape)),
} as const;

/** What the four schemas have in common. */
export interface CreateVolumeBody {
  readonly volume: Omit<
    z.output<(typeof createVolumeSchemas)[typeof microversions.strictVolumes]>['volume'],
    'group_id' | 'backup_id'
  > & {
    readonly group_id?: unknown;
    readonly backup_id?: unknown;
  };
  readonly 'OS-SCH-HNT:scheduler_hints'?: Readonly<Record<string, unknown>> | null;
}

const updateShape = { ...names, metadata: metadata().optional() };

export const updateVolumeSchema = z.strictObject({ volume: z.strictObject(updateShape) });

export const updateVolumeSchema353 = z.strictObject({
  volume: z.strictObject(updateShape).refine((volume) => Object.keys(volume).length > 0, {
    error: '{} is not valid under any of the given schemas',
  }),
});

export const metadataSchema = z.strictObject({ metadata: metadata() });

/** One entry; which one is compared with the path. */
export const metaSchema = z.strictObject({
  meta: metadata().check((context) => {
    const count = Object.keys(context.value).length;
    const message = count === 0 ? '{} should be non-empty' : count > 1 ? 'has too many properties' : null;
    if (message !== null) context.issues.push({ code: 'custom', message, input: context.value });
  }),
});
