// Bodies of requests about volume types.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_types.py
import { z } from 'zod';
import { dictionary, flag, keySize, metadataKeyPattern, requiredName, text } from '../http/fields.ts';

const description = text({ max: 255 }).nullable();

export const createTypeSchema = z.strictObject({
  volume_type: z.strictObject({
    name: requiredName(),
    description: description.optional(),
    extra_specs: dictionary(metadataKeyPattern, text({ max: 255 }).nullable()).optional(),
    'os-volume-type-access:is_public': flag().optional(),
  }),
});

export const updateTypeSchema = z.strictObject({
  volume_type: z.strictObject({
    name: text({ min: 1, max: 255 }).nullable().optional(),
    description: description.optional(),
    is_public: flag().optional(),
  }),
});

const project = z.strictObject({ project: text({ min: 1, max: 255 }) });
export const addAccessSchema = z.strictObject({ addProjectAccess: project });
export const removeAccessSchema = z.strictObject({ removeProjectAccess: project });

const encryptionShape = {
  key_size: keySize().optional(),
  provider: text({ max: 255 }),
  control_location: z.enum(['front-end', 'back-end']),
  cipher: text({ max: 255 }).nullable().optional(),
};

export const createEncryptionSchema = z.strictObject({ encryption: z.looseObject(encryptionShape) });
export const updateEncryptionSchema = z.strictObject({ encryption: z.looseObject(encryptionShape).partial() });
