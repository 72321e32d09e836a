// The body of PUT /default-types/:project_id.
import { z } from 'zod';
import { requiredName } from '../http/fields.ts';

export const setDefaultTypeSchema = z.strictObject({
  default_type: z.strictObject({ volume_type: requiredName() }),
});
