// Turns one section's text into values by its table of options, noting every problem instead of stopping at the first.
import { interpolate, type LookUp } from './interpolate.ts';
import type { Option, OptionTable, ValuesOf } from './option.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

export interface SectionReader {
  /** The section whose name is shown in messages and in which `$name` is looked for first. */
  readonly section: string;
  readonly table: OptionTable;
  /** Sections in which a value is looked for, in order. */
  readonly places: readonly string[];
  readonly source: Source;
  readonly lookUp: LookUp;
  readonly report: (problem: Problem) => void;
}

/**
 * The values of a section. Where there is a problem the value is missing from the answer: use it only when none has
 * been reported.
 */
export function readSection<T extends OptionTable>(reader: SectionReader & { readonly table: T }): ValuesOf<T> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(reader.table)) values[name] = readOption(reader, name, option);
  return values as ValuesOf<T>;
}

function readOption(reader: SectionReader, name: string, option: Option<unknown>): unknown {
  const { section, source, report } = reader;
  const set = reader.places.map((place) => source.get(place, name)).find((value) => value !== undefined);
  const text = set?.value ?? option.default;
  const problem = { section: set?.section ?? section, option: name, allowed: option.allowed };
  if (text === null) return null;
  if (text === undefined) {
    report({ ...problem, found: null, where: source.name });
    return undefined;
  }
  const where = set ? `${set.file}:${set.line}` : `${source.name} (not set, so its default counts)`;
  try {
    const replaced = interpolate(text, section, reader.lookUp);
    const parsed = option.schema.safeParse(replaced);
    if (parsed.success) return parsed.data;
    report({ ...problem, found: option.secret ? '(not shown)' : replaced, where });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report({ ...problem, found: text, allowed: `no circle (${error.message})`, where });
  }
  return undefined;
}
