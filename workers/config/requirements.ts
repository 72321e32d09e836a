// What each role cannot run without, beyond what every configuration must hold.
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

export const roles = ['api', 'control', 'volume', 'backup', 'compute'] as const;
export type Role = (typeof roles)[number];

interface Requirement {
  readonly section: string;
  readonly option: string;
  readonly why: string;
}

const database = { section: 'database', option: 'connection', why: 'postgresql://user:password@host:port/database' };
const backends = { section: 'DEFAULT', option: 'enabled_backends', why: "names of this host's back-end sections" };
const secret = {
  section: 'scoria',
  option: 'internal_api_secret',
  why: 'the same 16 or more characters on every host',
};
const key = { section: 'scoria', option: 'secret_key', why: 'the same 16 or more characters in every API and control' };

const requirements: Readonly<Record<Role, readonly Requirement[]>> = {
  api: [database, secret, key],
  control: [database, key],
  volume: [backends, secret],
  backup: [secret],
  compute: [secret],
};

/** A problem for each option that one of the roles needs and that is not set. */
export function missingFor(wanted: readonly Role[], source: Source): readonly Problem[] {
  const needed = new Set(wanted.flatMap((role) => requirements[role]));
  return [...needed]
    .filter(({ section, option }) => !source.get(section, option)?.value)
    .map(({ section, option, why }) => {
      const users = wanted.filter((role) => requirements[role].some((one) => one.option === option));
      return { section, option, found: null, allowed: `${why} (needed by: ${users.join(', ')})`, where: source.name };
    });
}
