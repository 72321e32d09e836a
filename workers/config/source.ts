// The text of one or several configuration files, put together: a later file, and a later line, wins.
import { readFileSync } from 'node:fs';
import { parseIni, type IniValue } from './ini.ts';
import { ConfigError } from './problem.ts';

export interface SourceText {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

export interface Source {
  /** The value in force of each option that is set. */
  get(section: string, option: string): IniValue | undefined;
  /** Options set in a section. */
  optionsOf(section: string): readonly IniValue[];
  readonly sections: readonly string[];
  /** Names of the files, for what is missing. */
  readonly name: string;
  /** Lines that cannot be read. */
  readonly faults: readonly string[];
}

/** Reads files; throws ConfigError naming each that cannot be read. */
export function readSources(files: readonly string[]): readonly SourceText[] {
  const faults: string[] = [];
  const texts = files.map((name) => {
    try {
      return { name, text: readFileSync(name, 'utf8') };
    } catch (error) {
      faults.push(`${name}: cannot be read (${(error as Error).message})`);
      return { name, text: '' };
    }
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return texts;
}

/** Puts texts together in order. */
export function mergeSources(texts: readonly SourceText[]): Source {
  const parsed = texts.map(({ name, text }) => parseIni(text, name));
  const bySection = new Map<string, Map<string, IniValue>>();
  for (const section of parsed.flatMap((result) => result.sections)) {
    if (!bySection.has(section)) bySection.set(section, new Map());
  }
  for (const value of parsed.flatMap((result) => result.values)) {
    bySection.get(value.section)?.set(value.option, value);
  }
  return {
    get: (section, option) => bySection.get(section)?.get(option),
    optionsOf: (section) => [...(bySection.get(section)?.values() ?? [])],
    sections: [...bySection.keys()],
    name: texts.map(({ name }) => name).join(', ') || 'configuration',
    faults: parsed.flatMap(({ faults }) =>
      faults.map(({ file, line, text, fault }) => `${file}:${line}: ${JSON.stringify(text.slice(0, 80))}: ${fault}`),
    ),
  };
}
