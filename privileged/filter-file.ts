// Reads oslo.rootwrap's *.filters files: `name: FilterClass, program, user, arguments…` below `[Filters]`.
// https://docs.openstack.org/oslo.rootwrap/latest/user/usage.html#filters-definition-files
import { filterClasses, type Filter } from './filters.ts';
import { misconfigured, parseIni, type IniOption } from './rootwrap/ini.ts';

export interface FilterFile {
  readonly filters: readonly Filter[];
  /** Lines that let nothing pass, in words: a class that nobody knows, a pattern that is none. */
  readonly problems: readonly string[];
}

/** The filters of one file's text, in its order. Throws StorageError Misconfigured naming file, line and what is wrong. */
export function parseFilterFile(fileName: string, text: string): FilterFile {
  const section = parseIni(fileName, text, { isStrict: false }).get('Filters');
  // Other sections are other programs' business, as for oslo.rootwrap.
  if (!section) throw misconfigured(fileName, 'has no section [Filters]');
  const rows = [...section].map(([name, option]) => parseRow(name, option));
  return {
    filters: rows.flatMap(({ filter }) => filter ?? []),
    problems: rows.flatMap(({ problem }) => problem ?? []),
  };
}

function parseRow(name: string, { value, where }: IniOption): { filter?: Filter; problem?: string } {
  const [className = '', ...words] = value.split(',').map((word) => word.trim());
  const build = Object.hasOwn(filterClasses, className) ? filterClasses[className] : undefined;
  if (!build) {
    const known = Object.keys(filterClasses).join(', ');
    return { problem: `${where}: ${name} is skipped: unknown filter class ${className} (known: ${known})` };
  }
  try {
    const filter = build({ name, className, words });
    return { filter, ...(filter.fault ? { problem: `${where}: ${name} lets nothing pass: ${filter.fault}` } : {}) };
  } catch (error) {
    throw misconfigured(where, error instanceof Error ? error.message : String(error));
  }
}
