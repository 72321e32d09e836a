// What the Temporal UI shows of a paused operation: why, since when, and what a person can do about it.
import { runbookOf } from '../../domain/pauses.ts';
import { skipLoss, type StepKey } from '../../domain/skips.ts';

/** Markdown for the workflow's current details. */
export function pausedDetails(operationId: string, reason: string, cause: string | null, step: StepKey | null): string {
  const loss = skipLoss(step);
  const skip = loss === null ? [] : [`Or send \`skip\` to leave this step out. What is lost by it: ${loss}`];
  return [
    `**Paused** since ${new Date().toISOString()}`,
    reason,
    `Mend the cause, then send the signal \`retry\`; or send \`abort\` to undo what can be undone ` +
      `(\`scoria operations retry|abort ${operationId}\`).`,
    ...skip,
    `What this means and what to do: ${runbookOf(cause)}`,
  ].join('\n\n');
}
