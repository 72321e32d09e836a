// Bodies of quota changes. Which keys there are depends on the volume types, so the routes check those.
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { integer } from '../http/fields.ts';
import { integerOf } from '../http/paging.ts';
import { pyRepr, pyStr } from '../http/python.ts';

export const updateQuotaSchema = z.strictObject({
  quota_set: z.record(z.string(), z.unknown()).check((context) => {
    if (Object.keys(context.value).length > 0) return;
    context.issues.push({ code: 'custom', message: '{} should be non-empty', input: context.value });
  }),
});

/** Keys that clients send along and that are no quotas. */
const notQuotas: ReadonlySet<string> = new Set(['tenant_id', 'id']);

/** The limits asked for. Throws InvalidInput for names that are no quotas, BadRequest for values that are no limits. */
export function limitsOf(asked: Readonly<Record<string, unknown>>, names: readonly string[]): Map<string, number> {
  const known = new Set(names);
  const bad: string[] = [];
  const limits = new Map<string, number>();
  for (const [key, value] of Object.entries(asked)) {
    if (notQuotas.has(key)) continue;
    if (known.has(key)) limits.set(key, integerOf(pyStr(value), key, -1));
    else bad.push(key);
  }
  if (bad.length > 0) throw new ApiError('InvalidInput', { reason: `Bad key(s) in quota set: ${bad.join(', ')}` });
  return limits;
}

const classKeyPattern = /^[a-zA-Z0-9-_:. ]{1,300}$/;

export const updateQuotaClassSchema = z.strictObject({
  quota_class_set: z.record(z.string(), integer({ min: -1, pattern: /^[0-9]*$/ })).check((context) => {
    const bad = Object.keys(context.value).filter((key) => !classKeyPattern.test(key));
    if (bad.length === 0) return;
    const message = `${bad.map(pyRepr).join(', ')} does not match any of the regexes: ${pyRepr(classKeyPattern.source)}`;
    context.issues.push({ code: 'custom', message, input: context.value });
  }),
});
