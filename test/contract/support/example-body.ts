// A body that a route accepts, made of its schema alone: so that a new route needs no example of its own.
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** What a property of this name should hold, such as the id of a volume; undefined = anything of its type. */
export type ValueFor = (property: string) => unknown;

/** A valid body, as small as it can be, and one with each further property that `valueFor` knows; none where all fail. */
export function exampleBodies(schema: z.ZodType, valueFor: ValueFor): readonly unknown[] {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  const references = propertiesOf(described).filter((name) => valueFor(name) !== undefined);
  const bodies = ['', ...references].map((reference) => firstValid(schema, described, valueFor, reference));
  const distinct = new Map(bodies.filter((body) => body !== null).map((body) => [JSON.stringify(body), body]));
  return [...distinct.values()];
}

function propertiesOf(schema: unknown): readonly string[] {
  if (schema === null || typeof schema !== 'object') return [];
  const own = (schema as Json)['properties'];
  return [...Object.keys(own ?? {}), ...Object.values(schema).flatMap(propertiesOf)];
}

function firstValid(schema: z.ZodType, described: Json, valueFor: ValueFor, reference: string): unknown {
  for (const word of ['available', 'error', 'migrating', '1', '1%', 'False']) {
    for (const optional of [false, true]) {
      const body = example(described, '', { valueFor, optional, reference, word });
      if (schema.safeParse(body).success) return body;
    }
  }
  return null;
}

interface Wish {
  readonly valueFor: ValueFor;
  /** Whether properties that may be left out are there. */
  readonly optional: boolean;
  /** One that is there in any case. */
  readonly reference: string;
  /** For strings of which nothing more is known. */
  readonly word: string;
}

function example(schema: Json, property: string, wish: Wish): unknown {
  const known = wish.valueFor(property);
  if (known !== undefined) return known;
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[])[0];
  if ('const' in schema) return schema['const'];
  const options = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined;
  if (options?.[0]) return example(options[0], property, wish);
  const type = Array.isArray(schema['type']) ? (schema['type'] as string[])[0] : schema['type'];
  return type === undefined ? {} : byType[type as string]?.(schema, wish);
}

const byType: Readonly<Record<string, (schema: Json, wish: Wish) => unknown>> = {
  string: (schema, { word }) => (schema['format'] === 'uuid' ? '00000000-0000-4000-8000-000000000000' : word),
  integer: (schema) => Math.max(Number(schema['minimum'] ?? 1), 1),
  number: () => 1,
  boolean: () => true,
  null: () => null,
  array: (schema, wish) => [example((schema['items'] ?? {}) as Json, '', wish)],
  object: (schema, wish) => {
    const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Json>>;
    const required = (schema['required'] ?? []) as string[];
    const names = Object.keys(properties).filter(
      (name) => wish.optional || name === wish.reference || required.includes(name),
    );
    const entries = names.map((name) => [name, example(properties[name] ?? {}, name, wish)] as const);
    const more = schema['additionalProperties'];
    const isMap = typeof more === 'object' && Object.keys(properties).length === 0;
    return isMap ? { key: example(more as Json, 'key', wish) } : Object.fromEntries(entries);
  },
};
