// Bodies of PUT /os-services/….
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/services.py
import { z } from 'zod';
import { text } from '../http/fields.ts';
import { ApiError } from '../http/errors.ts';
import { pyRepr } from '../http/python.ts';

// Quoted in the refusal as Cinder writes it, escapes that JavaScript does not need included.
const hostPattern = new RegExp(String.raw`^[a-zA-Z0-9-._#@:/+\[\]]*$`);
const host = text({ min: 1, max: 255, pattern: hostPattern }).nullable().optional();
const nullableText = text({ max: 255 }).nullable().optional();
const shortText = text({ min: 1, max: 255 }).optional();

const service = { binary: shortText, host, cluster: nullableText, service: shortText };

/** `anyOf: [binary, service]`. */
function named<Schema extends z.ZodType<{ binary?: string; service?: string }>>(schema: Schema) {
  return schema.check((context) => {
    if (context.value.binary !== undefined || context.value.service !== undefined) return;
    const detail = `${pyRepr(context.value)} is not valid under any of the given schemas`;
    const params = { fault: new ApiError('ValidationError', { detail }) };
    context.issues.push({ code: 'custom', message: detail, params, input: context.value });
  });
}

export const switchSchema = named(z.strictObject(service));
export const disableWithReasonSchema = named(z.strictObject({ ...service, disabled_reason: shortText }));
export const freezeSchema = z.strictObject({ cluster: nullableText, host });
export const failoverHostSchema = z.strictObject({ host, backend_id: nullableText });
export const failoverSchema = z.strictObject({ host, cluster: nullableText, backend_id: nullableText });

export const logBinaries = ['cinder-scheduler', 'cinder-volume', 'cinder-backup', 'cinder-api'] as const;
const logWish = {
  binary: z.enum([...logBinaries, '', '*']).optional(),
  server: nullableText,
  prefix: nullableText,
};

/** jsonschema's format `level`: a word, in any case. */
const level = z
  .string()
  .nullable()
  .optional()
  .transform((word) => word ?? '')
  .check((context) => {
    if (['INFO', 'WARNING', 'ERROR', 'DEBUG'].includes(context.value.toUpperCase())) return;
    const reason = `${context.value} is not a valid log level.`;
    const params = { fault: new ApiError('InvalidInput', { reason }) };
    context.issues.push({ code: 'custom', message: reason, params, input: context.value });
  });

export const getLogSchema = z.strictObject(logWish);
export const setLogSchema = z.strictObject({ ...logWish, level });
