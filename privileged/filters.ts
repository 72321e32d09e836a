// The filter classes: what a command line must look like to be run as root.
// Their meaning is oslo.rootwrap's: https://docs.openstack.org/oslo.rootwrap/latest/user/usage.html#filter-classes
import { basename } from 'node:path';

export interface Filter {
  readonly name: string;
  /** Name or full path; a name is looked for in `exec_dirs`. */
  readonly program: string;
  readonly runAs: string;
  matches(words: readonly string[]): boolean;
}

export interface FilterDefinition {
  readonly name: string;
  readonly program: string;
  readonly runAs: string;
  readonly args: readonly string[];
}

export const filterClasses: Readonly<Record<string, (definition: FilterDefinition) => Filter>> = {
  CommandFilter: commandFilter,
  RegExpFilter: regExpFilter,
};

/** The program with any arguments. */
function commandFilter({ name, program, runAs }: FilterDefinition): Filter {
  return { name, program, runAs, matches: ([first]) => first === program || first === basename(program) };
}

/** As many words as patterns, and each pattern matches the whole of its word; the first is the program's. */
function regExpFilter({ name, program, runAs, args }: FilterDefinition): Filter {
  const patterns = args.map((pattern) => new RegExp(`^(?:${pattern})$`, 's'));
  return {
    name,
    program,
    runAs,
    matches: (words) =>
      words.length === patterns.length && patterns.every((pattern, i) => pattern.test(words[i] ?? '')),
  };
}

/** The filters that let `words` pass. Every command that a driver uses is let pass by exactly one (a test says so). */
export function matchingFilters(filters: readonly Filter[], words: readonly string[]): readonly Filter[] {
  return filters.filter((filter) => filter.matches(words));
}
