// Bodies of /backends.
import { z } from 'zod';

const reason = z.string().trim().min(1).max(255);
const dayS = 24 * 3600;

export const pauseSchema = z.strictObject({ pause: z.strictObject({ reason }) });
export const releaseSchema = z.strictObject({
  release: z.strictObject({
    reason,
    /** What waits goes on spread over so many seconds; left out: `backend_release_over_s`. */
    over_s: z.number().int().min(0).max(dayS).nullish(),
  }),
});
