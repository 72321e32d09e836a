// The filter classes: what a command line must look like to be run as root.
// Their meaning is oslo.rootwrap's: https://docs.openstack.org/oslo.rootwrap/latest/user/usage.html#filter-classes
import { isAbsolute } from 'node:path';
import { isWithin, killedProgram, realPath } from './rootwrap/file-facts.ts';
import { programPath } from './environment.ts';
import { wholeWordPattern } from './rootwrap/python-pattern.ts';

export interface Filter {
  readonly name: string;
  readonly className: string;
  /** Name or full path; a name is looked for in `exec_dirs`. */
  readonly program: string;
  readonly runAs: string;
  matches(words: readonly string[]): boolean;
  /**
   * What the program gets as arguments when `words` match; the words after the first where this is left out. Null when
   * they match no more: a path leads elsewhere by now.
   */
  argumentsOf?(words: readonly string[]): readonly string[] | null;
  /** What `words` add to the environment. */
  environmentOf?(words: readonly string[]): Readonly<Record<string, string>>;
  /** Where the command that this one starts begins in `words`: it must pass a filter of its own. */
  readonly chainsAt?: number;
  /** Set when the filter can let nothing pass, and why. */
  readonly fault?: string;
}

/** One line of a filter file: `name: className, words…`. */
export interface FilterDefinition {
  readonly name: string;
  readonly className: string;
  readonly words: readonly string[];
}

type FilterClass = (definition: FilterDefinition) => Filter;

/** Throws Error when words are missing. ChainingRegExpFilter is not in every list, but in Cinder's volume.filters. */
export const filterClasses: Readonly<Record<string, FilterClass>> = {
  CommandFilter: (definition) => commandFilter(definition),
  RegExpFilter: regExpFilter,
  PathFilter: pathFilter,
  KillFilter: killFilter,
  ReadFileFilter: readFileFilter,
  IpFilter: ipFilter,
  EnvFilter: envFilter,
  ChainingFilter: (definition) => ({ ...commandFilter(definition), chainsAt: Infinity }),
  ChainingRegExpFilter: chainingRegExpFilter,
  IpNetnsExecFilter: ipNetnsExecFilter,
};

/** The filters that let `words` pass. Every command that a driver uses is let pass by exactly one (a test says so). */
export function matchingFilters(filters: readonly Filter[], words: readonly string[]): readonly Filter[] {
  return filters.filter((filter) => filter.matches(words));
}

/** As Python's os.path.basename: nothing after a last slash. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const isProgram = (program: string, word: string | undefined): boolean =>
  word === program || word === baseName(program);

/** The program with any arguments. */
function commandFilter({ name, className, words }: FilterDefinition): Filter {
  const [program = '', runAs = ''] = words;
  if (program === '' || runAs === '') throw new Error(`${name} needs a program and a user`);
  return { name, className, program, runAs, matches: ([first]) => isProgram(program, first) };
}

function patternsOf(sources: readonly string[]): { readonly patterns: readonly RegExp[]; readonly fault?: string } {
  try {
    return { patterns: sources.map(wholeWordPattern) };
  } catch (error) {
    return { patterns: [], fault: error instanceof Error ? error.message : String(error) };
  }
}

/** As many words as patterns, and each pattern matches the whole of its word; the first is the program's. */
function regExpFilter(definition: FilterDefinition): Filter {
  const { patterns, fault } = patternsOf(definition.words.slice(2));
  return {
    ...commandFilter(definition),
    fault,
    matches: (words) =>
      patterns.length > 0 &&
      words.length === patterns.length &&
      patterns.every((pattern, i) => pattern.test(words[i] ?? '')),
  };
}

/**
 * A rule for each argument: `pass`, the very word, or a directory that the path must be in once links are followed; the
 * program gets the path that was checked. Stricter than oslo.rootwrap: there a relative path counts from the current
 * directory, and `/var/lib/images` lets `/var/lib/images-of-others/x` pass.
 */
function pathFilter(definition: FilterDefinition): Filter {
  const command = commandFilter(definition);
  const rules = definition.words.slice(2);
  const checked = (word: string, rule: string): string | null => {
    if (!isAbsolute(rule)) return rule === 'pass' || rule === word ? word : null;
    const path = isAbsolute(word) ? realPath(word) : null;
    return isWithin(path, rule) ? path : null;
  };
  const argumentsOf = (words: readonly string[]): readonly string[] | null => {
    const args = rules.map((rule, i) => checked(words[i + 1] ?? '', rule));
    return args.every((word) => word !== null) ? args : null;
  };
  return {
    ...command,
    matches: (words) =>
      words.length > 1 && words.length - 1 === rules.length && command.matches(words) && argumentsOf(words) !== null,
    argumentsOf,
  };
}

/** `kill [signal] pid`, of a process that runs the named program, with a signal of the list (or none when it is empty). */
function killFilter({ name, className, words }: FilterDefinition): Filter {
  const [runAs = '', victim = '', ...signals] = words;
  const command = commandFilter({ name, className, words: ['/bin/kill', runAs] });
  const isVictim = (program: string): boolean =>
    isAbsolute(victim)
      ? victim === program
      : isAbsolute(program) &&
        victim === baseName(program) &&
        programPath.split(':').includes(program.slice(0, program.lastIndexOf('/')));
  return {
    ...command,
    matches: (command) => {
      if (command[0] !== 'kill' || command.length < 2 || command.length > 3) return false;
      if (command.length === 3 ? !signals.includes(command[1] ?? '') : signals.length > 0) return false;
      const pid = command.at(-1) ?? '';
      const program = /^\d{1,10}$/.test(pid) ? killedProgram(Number(pid)) : null;
      return program !== null && isVictim(program);
    },
  };
}

/** `cat` of one file. */
function readFileFilter({ name, className, words: [file = '', ...more] }: FilterDefinition): Filter {
  if (file === '') throw new Error(`${name} needs a file`);
  return {
    ...commandFilter({ name, className, words: ['/bin/cat', 'root', ...more] }),
    matches: (words) => words.length === 2 && words[0] === 'cat' && words[1] === file,
  };
}

const netnsWords: readonly (string | undefined)[] = ['net', 'netn', 'netns'];
const execWords: readonly (string | undefined)[] = ['e', 'ex', 'exe', 'exec'];

/** `ip` with anything but `netns exec`. */
function ipFilter(definition: FilterDefinition): Filter {
  return {
    ...commandFilter(definition),
    matches: ([program, ...args]) => {
      if (program !== 'ip') return false;
      const at = args.slice(0, -1).findIndex((word) => netnsWords.includes(word));
      return at < 0 || !execWords.includes(args[at + 1]);
    },
  };
}

/** `ip netns exec NAMESPACE COMMAND…`, where the command passes another filter. */
function ipNetnsExecFilter(definition: FilterDefinition): Filter {
  const command = commandFilter(definition);
  return {
    ...command,
    chainsAt: 4,
    matches: (words) =>
      command.runAs === 'root' &&
      words.length >= 4 &&
      words[0] === 'ip' &&
      netnsWords.includes(words[1]) &&
      execWords.includes(words[2]),
  };
}

/** The first words match the patterns; the rest is a command that passes another filter. */
function chainingRegExpFilter(definition: FilterDefinition): Filter {
  const { patterns, fault } = patternsOf(definition.words.slice(2));
  return {
    ...commandFilter(definition),
    fault,
    chainsAt: patterns.length,
    matches: (words) =>
      patterns.length > 0 &&
      words.length >= patterns.length &&
      patterns.every((pattern, i) => pattern.test(words[i] ?? '')),
  };
}

/** How many words at the front are `NAME=VALUE`. */
export function countAssignments(words: readonly string[]): number {
  const at = words.findIndex((word) => !word.includes('='));
  return at < 0 ? words.length : at;
}

const nameOf = (assignment: string): string => assignment.slice(0, assignment.indexOf('='));

/** `[env] NAME=VALUE… program …` with exactly the names of the filter; their values are free. */
function envFilter(definition: FilterDefinition): Filter {
  const { words } = definition;
  const rules = words.slice(2);
  const wanted = new Set(rules.slice(0, countAssignments(rules)).map(nameOf));
  // `EnvFilter, env, root, A=, program` names its program last; `EnvFilter, program, root, A=` first.
  const program = words[0]?.includes('env') ? (rules[wanted.size] ?? words[0]) : words[0];
  const command = commandFilter({ ...definition, words: [program ?? '', ...words.slice(1)] });
  const withoutEnv = (given: readonly string[]): readonly string[] => (given[0] === 'env' ? given.slice(1) : given);
  const assignmentsOf = (given: readonly string[]): readonly string[] =>
    withoutEnv(given).slice(0, countAssignments(withoutEnv(given)));
  return {
    ...command,
    matches: (given) => {
      const rest = withoutEnv(given);
      const names = new Set(assignmentsOf(given).map(nameOf));
      return (
        rest.length >= rules.length &&
        wanted.size > 0 &&
        names.size === wanted.size &&
        [...wanted].every((name) => names.has(name)) &&
        command.matches([rest[names.size] ?? ''])
      );
    },
    argumentsOf: (given) => withoutEnv(given).slice(assignmentsOf(given).length + 1),
    environmentOf: (given) =>
      Object.fromEntries(
        assignmentsOf(given).flatMap((word) => {
          const name = nameOf(word);
          const value = word.slice(name.length + 1);
          return name === '' || value === '' ? [] : [[name, value]];
        }),
      ),
  };
}
