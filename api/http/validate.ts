// Turns zod's issues into the sentence that Cinder (python-jsonschema) answers for the same body.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/validation/validators.py
import type { z } from 'zod';
import { ApiError } from './errors.ts';
import { pyRepr, pyStr } from './python.ts';

type Issue = z.core.$ZodIssue;

/** The body as the schema reads it. Throws ValidationError, or the fault that a field's own check names. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = firstAsPython(result.error.issues, body);
  if (issue.code === 'custom' && issue.params?.['fault'] instanceof ApiError) throw issue.params['fault'];
  throw new ApiError('ValidationError', { detail: sentenceOf(issue, schema, body) });
}

const isMissing = (issue: Issue, body: unknown): boolean =>
  issue.code === 'invalid_type' && issue.path.length > 0 && valueAt(body, issue.path) === undefined;

/** The object whose keyword raises the issue: a missing property is its parent's `required`. */
const raisedAt = (issue: Issue, body: unknown): readonly PropertyKey[] =>
  isMissing(issue, body) ? issue.path.slice(0, -1) : issue.path;

const isWithin = (path: readonly PropertyKey[], prefix: readonly PropertyKey[]): boolean =>
  path.length > prefix.length && prefix.every((key, index) => path[index] === key);

/**
 * jsonschema stops at the first error, and Cinder's schemas say `properties` before `required` and
 * `additionalProperties`: whatever is wrong inside an object comes before what the object itself lacks.
 */
function firstAsPython(issues: readonly Issue[], body: unknown): Issue {
  let first = issues[0] as Issue;
  for (;;) {
    const objectLevel = isMissing(first, body) || first.code === 'unrecognized_keys';
    const at = raisedAt(first, body);
    const deeper = objectLevel ? issues.find((issue) => isWithin(raisedAt(issue, body), at)) : undefined;
    if (!deeper) return first;
    first = deeper;
  }
}

function sentenceOf(issue: Issue, schema: z.ZodType, body: unknown): string {
  const path = raisedAt(issue, body);
  const value = valueAt(body, path);
  const problem = problemOf(issue, schema, body, value);
  const field = path.at(-1);
  return field === undefined
    ? problem
    : `Invalid input for field/attribute ${String(field)}. Value: ${pyStr(value)}. ${problem}`;
}

function problemOf(issue: Issue, schema: z.ZodType, body: unknown, value: unknown): string {
  const shown = pyRepr(value);
  if (isMissing(issue, body)) return `${pyRepr(String(issue.path.at(-1)))} is a required property`;
  switch (issue.code) {
    case 'invalid_type':
      return `${shown} is not of type ${typesAt(schema, issue.path).map(pyRepr).join(', ')}`;
    case 'invalid_value':
      return `${shown} is not one of ${pyRepr(issue.values)}`;
    case 'unrecognized_keys': {
      const keys = [...issue.keys].sort().map(pyRepr).join(', ');
      return `Additional properties are not allowed (${keys} ${issue.keys.length === 1 ? 'was' : 'were'} unexpected)`;
    }
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `${shown} ${issue.minimum === 1 ? 'should be non-empty' : 'is too short'}`
        : `${shown} is less than the minimum of ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `${shown} is too long`
        : `${shown} is greater than the maximum of ${issue.maximum}`;
    case 'invalid_union':
      return `${shown} is not valid under any of the given schemas`;
    case 'custom':
      return issue.message;
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
    default:
      return `${shown} is not valid: ${issue.message}`;
  }
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** JSON's names of the types that a schema takes, in jsonschema's words. */
const typeNames: Readonly<Record<string, string>> = { int: 'integer', record: 'object' };

interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

const definitionOf = (schema: z.ZodType): Definition => schema._zod.def;

function typesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.ZodType | undefined = schema;
  for (const key of path) {
    const inner = unwrapped(current);
    current = inner.shape?.[String(key)] ?? inner.valueType ?? inner.element;
    if (!current) return ['object'];
  }
  return [...new Set(namesOf(current))];
}

function unwrapped(schema: z.ZodType): Definition {
  let definition = definitionOf(schema);
  for (let inner = definition.innerType ?? definition.in; inner; inner = definition.innerType ?? definition.in) {
    definition = definitionOf(inner);
  }
  return definition;
}

function namesOf(schema: z.ZodType): string[] {
  const { type, innerType, in: input, options } = definitionOf(schema);
  if (type === 'nullable' && innerType) return [...namesOf(innerType), 'null'];
  if (innerType ?? input) return namesOf((innerType ?? input) as z.ZodType);
  if (options) return options.flatMap(namesOf);
  return [typeNames[type] ?? type];
}
