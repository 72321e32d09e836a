// Body of /state-resets.
import { z } from 'zod';
import { checkedResources } from '../../domain/state-check.ts';

export const stateResetSchema = z.strictObject({
  state_reset: z
    .strictObject({
      resource: z.enum(checkedResources),
      id: z.uuid(),
      /** Left out: only looks. */
      apply: z.boolean().default(false),
      /** Needed to apply: it goes into the history. */
      reason: z.string().trim().min(1).max(255).nullish(),
      /** Ends what is under way on it, without undoing anything. */
      despite_operation: z.boolean().default(false),
    })
    .refine(({ apply, reason }) => !apply || reason != null, {
      message: 'a reason is needed to apply',
      path: ['reason'],
    }),
});

export type StateReset = z.output<typeof stateResetSchema>['state_reset'];
