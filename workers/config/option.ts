// The kinds of values that an option may have, each with the words for what is allowed.
import { z } from 'zod';

export interface Kind<T> {
  readonly schema: z.ZodType<T, string>;
  /** Ends the sentence "allowed: …". */
  readonly allowed: string;
  /** True for passwords: what was found is not repeated in messages. */
  readonly secret?: boolean;
}

export interface Option<T> extends Kind<T> {
  /** As it would stand in the file, with its `$` references; undefined = must be set; null = may be left out. */
  readonly default: string | null | undefined;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values that a table of options yields; options without a default are null when they are left out. */
export type ValuesOf<T extends OptionTable> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never };

export const withDefault = <T>(kind: Kind<T>, text: string): Option<T> => ({ ...kind, default: text });
export const mayBeLeftOut = <T>(kind: Kind<T>): Option<T | null> => ({ ...kind, default: null });
/** An empty value is as good as none: templates leave such lines behind. */
export function mayBeEmpty<T>(kind: Kind<T>): Option<T | null> {
  const nothing = z.literal('').transform(() => null);
  return { ...kind, schema: nothing.or(kind.schema), default: null };
}
export const mustBeSet = <T>(kind: Kind<T>): Option<T> => ({ ...kind, default: undefined });

export const text: Kind<string> = { schema: z.string().min(1), allowed: 'any text that is not empty' };
export const secret: Kind<string> = { ...text, secret: true };
export const path: Kind<string> = { schema: z.string().startsWith('/'), allowed: 'an absolute path' };

/** Whole numbers; a bound that is left out is none. */
export function integer(min?: number, max?: number): Kind<number> {
  const range = [min === undefined ? '' : ` from ${min}`, max === undefined ? '' : ` to ${max}`].join('');
  const number = z
    .number()
    .int()
    .min(min ?? Number.MIN_SAFE_INTEGER)
    .max(max ?? Number.MAX_SAFE_INTEGER);
  return {
    schema: z
      .string()
      .regex(/^[+-]?\d+$/)
      .transform(Number)
      .pipe(number),
    allowed: `a whole number${range}`,
  };
}

export function decimal(min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): Kind<number> {
  const range = `${Number.isFinite(min) ? ` from ${min}` : ''}${Number.isFinite(max) ? ` to ${max}` : ''}`;
  const digits = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
  return {
    schema: z.string().regex(digits).transform(Number).pipe(z.number().min(min).max(max)),
    allowed: `a number${range}`,
  };
}

export const port: Kind<number> = integer(0, 65_535);

/** oslo.config's words for yes and no. */
const flagWords: Readonly<Record<string, boolean>> = {
  ...{ true: true, '1': true, yes: true, on: true },
  ...{ false: false, '0': false, no: false, off: false },
};

export const flag: Kind<boolean> = {
  schema: z
    .string()
    .toLowerCase()
    .refine((word) => Object.hasOwn(flagWords, word))
    .transform((word) => flagWords[word] === true),
  allowed: 'true or false',
};

export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  return { schema: z.string().pipe(z.enum(words)), allowed: words.join(', ') };
}

/** Items parted by commas; empty text is an empty list. */
export function listOf<T>(item: Kind<T>, least = 0): Kind<readonly T[]> {
  const split = z.string().transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );
  return {
    schema: split.pipe(z.array(item.schema).min(least)),
    allowed: `${least > 0 ? `${least} or more of them` : 'a list'} parted by commas; each: ${item.allowed}`,
  };
}

/** A text in a form that a sentence describes. */
export function matching(pattern: RegExp, allowed: string): Kind<string> {
  return { schema: z.string().regex(pattern), allowed };
}

export const httpUrl: Kind<string> = matching(/^https?:\/\/[^\s/]+/, 'an address that starts with http:// or https://');
