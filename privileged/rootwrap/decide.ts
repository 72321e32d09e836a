// Decides about one command line: what is run, as whom and with which environment, or why not.
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Filter } from '../filters.ts';
import { objectionTo, type RefusedBy } from './guard.ts';
import { whoElseCanChange } from './trust.ts';

export interface Rules {
  /** Asked in this order; the first that matches and has its program decides. */
  readonly filters: readonly Filter[];
  /** Where programs that a filter names without a path are looked for. */
  readonly execDirs: readonly string[];
}

export interface Decision {
  /** The filter's name. */
  readonly filter: string;
  readonly runAs: string;
  /** Starts with the program's full path. */
  readonly words: readonly [program: string, ...rest: string[]];
  /** On top of the minimal environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A command is not run; `message` never repeats its words, which may be secret. */
export class Refusal extends Error {
  readonly by: RefusedBy;

  constructor(by: RefusedBy, why: string) {
    super(why);
    this.name = 'Refusal';
    this.by = by;
  }
}

/** Throws Refusal. A filter whose program is missing leaves the decision to the next one, as in oslo.rootwrap. */
export function decide(rules: Rules, words: readonly string[]): Decision {
  const objection = objectionTo(words);
  if (objection) throw new Refusal(objection.by, objection.why);
  const refusals: Refusal[] = [];
  for (const filter of rules.filters) {
    if (!filter.matches(words)) continue;
    try {
      return decisionOf(rules, filter, words);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
    }
  }
  // A missing program says more than that no filter matched.
  throw refusals.find(({ by }) => by === 'program') ?? refusals[0] ?? new Refusal('filters', 'no filter lets it pass');
}

function decisionOf(rules: Rules, filter: Filter, words: readonly string[]): Decision {
  const args =
    filter.chainsAt === undefined
      ? filter.argumentsOf
        ? filter.argumentsOf(words)
        : words.slice(1)
      : chained(rules, filter, words);
  if (args === null) throw new Refusal('filters', 'a path leads elsewhere by now');
  const program = programOf(filter, rules.execDirs);
  return {
    filter: filter.name,
    runAs: filter.runAs,
    words: [program, ...args],
    env: filter.environmentOf?.(words) ?? {},
  };
}

/**
 * The arguments of a command that starts another one, which passes a filter of its own for the same user. That one's
 * program is written out in full: oslo.rootwrap compares only its base name, so that `ionice /tmp/dd` would pass as `dd`.
 */
function chained(rules: Rules, outer: Filter, words: readonly string[]): readonly string[] {
  const inner = words.slice(outer.chainsAt);
  if (inner.length === 0) throw new Refusal('filters', 'starts no other command');
  const leaves = rules.filters.filter(({ chainsAt, runAs }) => chainsAt === undefined && runAs === outer.runAs);
  const { words: leaf, env } = decide({ ...rules, filters: leaves }, inner);
  const given = inner[0] ?? '';
  const isSame = !given.includes('/') || given === leaf[0];
  if (!isSame) throw new Refusal('filters', `starts another program than the filter's (${leaf[0]})`);
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const prefix = assignments.length > 0 ? [lookUp('env', rules.execDirs), ...assignments] : [];
  return [...words.slice(1, outer.chainsAt), ...prefix, ...leaf];
}

const programOf = (filter: Filter, execDirs: readonly string[]): string => lookUp(filter.program, execDirs);

/** The program's full path; it and everything above it belongs to root alone. Throws Refusal. */
function lookUp(program: string, execDirs: readonly string[]): string {
  const candidates = isAbsolute(program) ? [program] : execDirs.map((directory) => join(directory, program));
  let unsafe: string | null = null;
  for (const path of candidates) {
    if (!isExecutable(path)) continue;
    const why = isAbsolute(path) ? whoElseCanChange(path) : `${path} is not an absolute path`;
    if (why === null) return path;
    unsafe ??= why;
  }
  throw new Refusal('program', unsafe ?? `${program} is not in ${execDirs.join(':')}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
