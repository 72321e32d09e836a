// What is wrong with a configuration, in a form that names section, option, what was found and what is allowed.

export interface Problem {
  readonly section: string;
  readonly option: string;
  /** The value as it stands there; null when there is none. */
  readonly found: string | null;
  readonly allowed: string;
  /** Where it stands: `file:line`, or only the file when it is missing. */
  readonly where: string;
}

/** Thrown with everything that is wrong at once; its message has one line for each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  /** What would have no effect: often the slip of the hand that explains a problem. */
  readonly warnings: readonly string[];

  constructor(problems: readonly string[], warnings: readonly string[] = []) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** One line: `file:line: [section] option: found …; allowed: …`. */
export function describeProblem({ section, option, found, allowed, where }: Problem): string {
  const state = found === null ? 'is missing' : `found ${JSON.stringify(shortened(found))}`;
  return `${where}: [${section}] ${option}: ${state}; allowed: ${allowed}`;
}

const longestFound = 80;

/** Somebody's binary file must not fill the screen. */
const shortened = (found: string): string => (found.length > longestFound ? `${found.slice(0, longestFound)}…` : found);
