// Reads INI text as Python's RawConfigParser does, because rootwrap's files are written for it.
// https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
import { StorageError } from '../../domain/storage-errors.ts';

export interface IniOption {
  readonly value: string;
  /** `file:line` of the option's name. */
  readonly where: string;
}

/** Section → option (lower case) → value. Options of `[DEFAULT]` are in every section, before its own. */
export type IniFile = ReadonlyMap<string, ReadonlyMap<string, IniOption>>;

interface Open {
  readonly section: Map<string, IniOption>;
  readonly name: string;
}

/**
 * Parses `text`. Throws StorageError Misconfigured naming file and line for what Python refuses too: an option outside
 * a section, a line that is no option, and with `isStrict` an option or section that is there twice.
 */
export function parseIni(fileName: string, text: string, { isStrict }: { readonly isStrict: boolean }): IniFile {
  const sections = new Map<string, Map<string, IniOption>>([['DEFAULT', new Map()]]);
  const seen = new Set<string>();
  let section: Map<string, IniOption> | null = null;
  let open: Open | null = null;
  let indent = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const where = `${fileName}:${index + 1}`;
    const content = line.trim();
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    const lineIndent = line.length - line.trimStart().length;
    if (open && lineIndent > indent) {
      extend(open, content);
      continue;
    }
    indent = lineIndent;
    const heading = /^\[(.+)\]/.exec(content)?.[1];
    if (heading !== undefined) {
      if (isStrict && seen.has(heading)) throw misconfigured(where, `section ${heading} is there twice`);
      seen.add(heading);
      section = sections.get(heading) ?? new Map<string, IniOption>();
      sections.set(heading, section);
      open = null;
      continue;
    }
    if (!section) throw misconfigured(where, `stands before the first [section]: ${content}`);
    open = { section, name: addOption(section, content, where, isStrict) };
  }
  return withDefaults(sections);
}

function addOption(section: Map<string, IniOption>, content: string, where: string, isStrict: boolean): string {
  const match = /^(.*?)\s*[=:]\s*(.*)$/.exec(content);
  const name = match?.[1]?.toLowerCase() ?? '';
  if (!match || name === '') throw misconfigured(where, `not "name: value": ${content}`);
  if (isStrict && section.has(name)) throw misconfigured(where, `${name} is there twice`);
  section.set(name, { value: match[2] ?? '', where });
  return name;
}

function extend({ section, name }: Open, content: string): void {
  const option = section.get(name);
  if (option) section.set(name, { ...option, value: `${option.value}\n${content}` });
}

function withDefaults(sections: ReadonlyMap<string, ReadonlyMap<string, IniOption>>): IniFile {
  const defaults = sections.get('DEFAULT') ?? new Map<string, IniOption>();
  return new Map([...sections].map(([name, options]) => [name, new Map([...defaults, ...options])]));
}

export function misconfigured(where: string, what: string): StorageError {
  return new StorageError('Misconfigured', `${where}: ${what}`);
}
