// Bodies of requests about volume types.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_types.py
import { z } from 'zod';
import { dictionary, extraSpecKeyPattern, flag, metadataKeyPattern, requiredName, text } from '../http/fields.ts';
import { ApiError } from '../http/errors.ts';
import { pyRepr } from '../http/python.ts';

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

const specs = () => dictionary(extraSpecKeyPattern, text({ max: 255 }).nullable());

export const createSpecsSchema = z.strictObject({ extra_specs: specs() });

/** Exactly one spec. */
export const updateSpecSchema = specs().check((context) => {
  const count = Object.keys(context.value).length;
  if (count === 1) return;
  const detail = `${pyRepr(context.value)} ${count === 0 ? 'should be non-empty' : 'has too many properties'}`;
  const params = { fault: new ApiError('ValidationError', { detail }) };
  context.issues.push({ code: 'custom', message: detail, params, input: context.value });
});

const project = z.strictObject({ project: text({ min: 1, max: 255 }) });
export const addAccessSchema = z.strictObject({ addProjectAccess: project });
export const removeAccessSchema = z.strictObject({ removeProjectAccess: project });
