// Lets a driver's own schema have the last word on values that have been read by the tables here.
import type { z } from 'zod';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

export interface DriverCheck<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** By Cinder's names; null = left out, undefined = read with a problem that has been reported. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Section to name, and further ones in which an option may have been set. */
  readonly places: readonly [string, ...string[]];
  readonly source: Source;
  readonly report: (problem: Problem) => void;
}

/** The driver's own form of the values; when it refuses some, that is reported and the answer must not be used. */
export function checkByDriver<Schema extends z.ZodType>(check: DriverCheck<Schema>): z.output<Schema> {
  const { schema, values, places, source, report } = check;
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const option = String(issue.path[0] ?? 'volume_driver');
    if (option in values && values[option] === undefined) continue;
    const set = places.map((place) => source.get(place, option)).find((value) => value !== undefined);
    const where = set ? `${set.file}:${set.line}` : source.name;
    report({ section: places[0], option, found: set?.value ?? null, allowed: issue.message, where });
  }
  return undefined as z.output<Schema>;
}
