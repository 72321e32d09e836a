// Fields as Cinder's API schemas describe them, as zod schemas that refuse in python-jsonschema's words.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/validation/parameter_types.py
import { z } from 'zod';
import { ApiError } from './errors.ts';
import { pyRepr } from './python.ts';

/** The largest number of Cinder's database columns (`DB_MAX_INT`). */
export const maxDbInteger = 0x7fffffff;

export interface TextRules {
  /** Characters, as Python counts them: code points. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

const lengthOf = (text: string): number => Array.from(text).length;

/** What is wrong with a string, in jsonschema's order of keywords, or null. */
function textProblem(text: string, { min = 0, max, pattern }: TextRules): string | null {
  if (text.length < min * 2 && lengthOf(text) < min) return min === 1 ? 'should be non-empty' : 'is too short';
  if (max !== undefined && text.length > max && lengthOf(text) > max) return 'is too long';
  if (pattern && !pattern.test(text)) return `does not match ${pyRepr(pattern.source)}`;
  return null;
}

/** A string. `.nullable()` and `.optional()` as needed. */
export function text(rules: TextRules = {}) {
  return z
    .string()
    .check((context) => {
      const problem = textProblem(context.value, rules);
      if (problem === null) return;
      context.issues.push({ code: 'custom', message: `${pyRepr(context.value)} ${problem}`, input: context.value });
    })
    .meta({ minLength: rules.min, maxLength: rules.max, pattern: rules.pattern?.source });
}

/** A name that must be there and must not be blank (jsonschema format `name`); trimmed by its users. */
export function requiredName() {
  return text({ min: 1, max: 255 }).check((context) => {
    if (context.value.trim() === '' && context.value !== '')
      refuse(context, "An invalid 'name' value was provided. The 'name' can not be empty.");
  });
}

/** Refuses with a message of its own, without "Invalid input for field". */
function refuse(context: z.core.ParsePayload, detail: string): void {
  const fault = new ApiError('ValidationError', { detail });
  context.issues.push({ code: 'custom', message: detail, params: { fault }, input: context.value });
}

const truths = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes', 'y', 't'];
const lies = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no', 'n', 'f'];
const booleanWords = pyRepr([true, ...truths, false, ...lies]);

/** A boolean or one of the words that Cinder takes for one; a boolean afterwards. */
export function flag() {
  return present("'boolean', 'string'", (value, fail) => {
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'string') return fail(`${pyRepr(value)} is not of type 'boolean', 'string'`);
    if (truths.includes(value)) return true;
    if (lies.includes(value)) return false;
    return fail(`${pyRepr(value)} is not one of ${booleanWords}`);
  }).meta({ type: ['boolean', 'string'] });
}

export interface IntegerRules {
  readonly min?: number;
  readonly max?: number;
  /** What a string has to look like. */
  readonly pattern?: RegExp;
}

/** An integer, or a string of one; a number afterwards. */
export function integer({ min, max = maxDbInteger, pattern = /^[0-9]+$/ }: IntegerRules = {}) {
  return present("'integer', 'string'", (value, fail) => {
    const isText = typeof value === 'string';
    if (!isText && !Number.isInteger(value)) return fail(`${pyRepr(value)} is not of type 'integer', 'string'`);
    if (isText && !pattern.test(value)) return fail(`${pyRepr(value)} does not match ${pyRepr(pattern.source)}`);
    const number = Number(value);
    if (min !== undefined && number < min) return fail(`${number} is less than the minimum of ${min}`);
    if (number > max) return fail(`${number} is greater than the maximum of ${max}`);
    return number;
  }).meta({ type: ['integer', 'string'], minimum: min, maximum: max });
}

/** A size in GiB: at least 1. */
export const sizeGib = () => integer({ min: 1 });

/** A key's size in bits, as a number or a string of one, or null (jsonschema format `key_size`). */
export function keySize() {
  return present("'string', 'integer', 'null'", (value, fail): number | null => {
    if (value === null) return null;
    const isText = typeof value === 'string';
    if (!isText && !Number.isInteger(value)) {
      return fail(`${pyRepr(value)} is not of type 'string', 'integer', 'null'`);
    }
    if (isText && !/^\d+$/.test(value)) return fail(`${pyRepr(value)} is not a 'key_size'`);
    const number = Number(value);
    if (number < 0) return fail(`${number} is less than the minimum of 0`);
    if (number > maxDbInteger) return fail(`${number} is greater than the maximum of ${maxDbInteger}`);
    return number;
  }).meta({ type: ['string', 'integer', 'null'], minimum: 0, maximum: maxDbInteger });
}

const uuidPattern = /^(?:urn:)?(?:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;

/** jsonschema's format `uuid`: what Python's uuid.UUID() reads. Rows are found by the usual form only. */
export function uuid() {
  return z.string().check((context) => {
    if (uuidPattern.test(context.value)) return;
    context.issues.push({ code: 'custom', message: `${pyRepr(context.value)} is not a 'uuid'`, input: context.value });
  });
}

/** `oneOf: [uuid, null]`. */
export function uuidOrNull() {
  return present("'string', 'null'", (value, fail): string | null => {
    if (value === null) return null;
    if (typeof value === 'string' && uuidPattern.test(value)) return value;
    return fail(`${pyRepr(value)} is not valid under any of the given schemas`);
  }).meta({ type: ['string', 'null'], format: 'uuid' });
}

/** Keys of metadata and of extra specs. */
export const metadataKeyPattern = /^[a-zA-Z0-9-_:. /]{1,255}$/;
export const extraSpecKeyPattern = /^[a-zA-Z0-9-_:.]{1,255}$/;

/** An object of strings whose keys match `pattern`. */
export function dictionary<Value extends z.ZodType = z.ZodString>(pattern: RegExp, value: Value) {
  return z.record(z.string(), value).check((context) => {
    const strangers = Object.keys(context.value)
      .filter((key) => !pattern.test(key))
      .sort();
    if (strangers.length === 0) return;
    const verb = strangers.length === 1 ? 'does' : 'do';
    const message = `${strangers.map(pyRepr).join(', ')} ${verb} not match any of the regexes: ${pyRepr(pattern.source)}`;
    context.issues.push({ code: 'custom', message, input: context.value });
  });
}

/** Volume, snapshot and backup metadata. */
export const metadata = () => dictionary(metadataKeyPattern, text({ max: 255 }));

/** Python's oslo.utils bool_from_string, as query parameters are read; anything unknown is `fallback`. */
export function booleanOf(value: string | undefined, fallback = false): boolean {
  if (value === undefined) return fallback;
  const word = value.trim().toLowerCase();
  if (['1', 't', 'true', 'on', 'y', 'yes'].includes(word)) return true;
  return ['0', 'f', 'false', 'off', 'n', 'no'].includes(word) ? false : fallback;
}

/** Reads any present value with a function; `fail` refuses it with a message. Absent = a missing property. */
function present<T>(expected: string, read: (value: unknown, fail: (message: string) => never) => T) {
  return z.unknown().transform((value, context): T => {
    if (value === undefined) {
      context.issues.push({ code: 'invalid_type', expected, input: value });
      return z.NEVER;
    }
    try {
      return read(value, (message) => {
        throw new Refusal(message);
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: value });
      return z.NEVER;
    }
  });
}

class Refusal extends Error {}
