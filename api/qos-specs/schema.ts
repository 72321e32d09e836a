// Bodies of requests about QoS specs.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/qos_specs.py
import { z } from 'zod';
import { dictionary, metadataKeyPattern, requiredName, text } from '../http/fields.ts';

export const createQosSchema = z.strictObject({ qos_specs: z.looseObject({ name: requiredName() }) });

export const setQosKeysSchema = z.strictObject({
  qos_specs: dictionary(metadataKeyPattern, text({ max: 255 }).nullable()),
});

export const deleteQosKeysSchema = z.strictObject({
  keys: z.array(text({ min: 1, max: 255 })).check((context) => {
    if (new Set(context.value).size === context.value.length) return;
    const message = `[${context.value.map((key) => `'${key}'`).join(', ')}] has non-unique elements`;
    context.issues.push({ code: 'custom', message, input: context.value });
  }),
});
