// `scoria reset-state`: the safe one. Looks at the storage, says what it found, proposes a state, and sets it with --apply.
import { z } from 'zod';
import { call, connect, type ApiFlags } from './api-client.ts';

export interface ResetStateFlags extends ApiFlags {
  readonly apply?: boolean;
  readonly reason?: string;
  readonly despiteOperation?: boolean;
}

const answerSchema = z.object({
  state_reset: z.object({
    status: z.string(),
    found: z.array(z.string()),
    because: z.string(),
    proposal: z.object({ status: z.string(), attach_status: z.string().nullable() }).nullable(),
    already_right: z.boolean(),
    applied: z.boolean(),
    operations_under_way: z.array(z.object({ id: z.string() })),
  }),
});

/** Answers 0 when the state is right or has been set, 1 when it is not, 2 when a reason is missing. */
export async function resetState(resource: string, id: string, flags: ResetStateFlags): Promise<number> {
  const { apply = false, reason, despiteOperation = false } = flags;
  if (apply && !reason) {
    console.error('scoria: --apply needs a --reason: it goes into the history');
    return 2;
  }
  const wish = { resource, id, apply, despite_operation: despiteOperation, ...(reason ? { reason } : {}) };
  const { state_reset: answer } = answerSchema.parse(
    await call(await connect(flags), 'POST', '/state-resets', { state_reset: wish }),
  );
  for (const line of answer.found) console.log(`found     ${line}`);
  console.log(`proposed  ${wordsOf(answer.proposal)}: ${answer.because}`);
  if (answer.applied) console.log('It has been set.');
  else if (answer.already_right) console.log('It is so already: nothing to do.');
  else if (answer.operations_under_way.length > 0) {
    console.log('An operation is under way: retry or abort it, or add --despite-operation, which undoes nothing.');
  } else if (answer.proposal !== null) console.log('Nothing has been done. Add --apply --reason "…" to set it.');
  return answer.applied || answer.already_right ? 0 : 1;
}

function wordsOf(proposal: z.infer<typeof answerSchema>['state_reset']['proposal']): string {
  if (proposal === null) return 'nothing';
  return proposal.attach_status === null ? proposal.status : `${proposal.status}, ${proposal.attach_status}`;
}
