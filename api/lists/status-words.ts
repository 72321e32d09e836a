// os-reset_status: statuses that an administrator may write, and how Cinder refuses the others.
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';

/** A Python tuple or list of strings, as messages quote them. */
const quoted = (words: readonly string[], open: string, close: string): string =>
  `${open}${words.map((word) => `'${word}'`).join(', ')}${close}`;

export interface StatusWords {
  /** What the message begins with: `Volume status`. */
  readonly what: string;
  readonly valid: readonly string[];
  readonly brackets: '()' | '[]';
}

/** One of the statuses, in any case; lower case afterwards. The fault is InvalidParameterValue. */
export function statusWord({ what, valid, brackets }: StatusWords) {
  return z
    .string()
    .check((context) => {
      if (valid.includes(context.value.toLowerCase())) return;
      const [open = '', close = ''] = brackets;
      const err = `${what}: ${context.value} is invalid, valid statuses are: ${quoted(valid, open, close)}.`;
      const fault = new ApiError('InvalidParameterValue', { err });
      context.issues.push({ code: 'custom', message: err, params: { fault }, input: context.value });
    })
    .transform((word) => word.toLowerCase());
}
