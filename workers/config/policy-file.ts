// Where the policies that an operator overrides stand: `[oslo_policy] policy_file`, beside the configuration.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Problem } from './problem.ts';
import type { Source, SourceText } from './source.ts';

/**
 * The file's absolute path. As with oslo.policy a relative name is looked for beside the configuration files, and a
 * file that is not there overrides nothing; but one that was asked for has to be there.
 */
export function policyFileOf(
  name: string,
  texts: readonly SourceText[],
  source: Source,
  report: (problem: Problem) => void,
): string {
  const places = texts.map((text) => resolve(dirname(text.name), name));
  const found = places.find((place) => existsSync(place));
  const set = source.get('oslo_policy', 'policy_file');
  if (found === undefined && set) {
    const where = `${set.file}:${set.line}`;
    report({ section: 'oslo_policy', option: 'policy_file', found: name, allowed: 'a file that exists', where });
  }
  return found ?? places[0] ?? resolve(name);
}
