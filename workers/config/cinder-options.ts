// Knows which option names are Cinder's own, to tell one that is not supported here from a spelling mistake.
import { readFileSync } from 'node:fs';

let known: ReadonlyMap<string, ReadonlySet<string>> | undefined;

function knownOptions(): ReadonlyMap<string, ReadonlySet<string>> {
  known ??= parse(readFileSync(new URL('cinder-option-names.txt', import.meta.url), 'utf8'));
  return known;
}

function parse(list: string): Map<string, Set<string>> {
  const sections = new Map<string, Set<string>>();
  let section = new Set<string>();
  for (const line of list.split('\n')) {
    if (line.startsWith('#')) continue;
    const name = /^\[(.+)\]$/.exec(line)?.[1];
    if (name) sections.set(name, (section = new Set()));
    else for (const option of line.split(' ').filter(Boolean)) section.add(option);
  }
  return sections;
}

/** True when Cinder or one of its libraries has this option in this section; `backend_defaults` stands for back-ends. */
export const isCinderOption = (section: string, option: string): boolean =>
  knownOptions().get(section)?.has(option) ?? false;

/** True when Cinder or one of its libraries has a section of this name. */
export const isCinderSection = (section: string): boolean => knownOptions().has(section);
