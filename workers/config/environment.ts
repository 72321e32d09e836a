// The one place that reads environment variables.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** An environment variable's value; unset and empty are the same. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name] || undefined;
}

/** Directories in which programs are looked for, `sbin` included: a user's PATH often lacks it. */
export function programDirectories(): readonly string[] {
  const fromPath = (process.env.PATH ?? '').split(':').filter(Boolean);
  return [...new Set([...fromPath, '/usr/local/sbin', '/usr/sbin', '/sbin'])];
}

/** Where state goes unless `--state-dir` says otherwise (https://specifications.freedesktop.org/basedir-spec/). */
export function defaultStateDirectory(): string {
  return join(environmentVariable('XDG_DATA_HOME') ?? join(homedir(), '.local', 'share'), 'scoria');
}

/** Where downloads and built tools go; it may be deleted at any time. */
export function cacheDirectory(): string {
  return join(environmentVariable('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'scoria');
}

/** Address of a Temporal server that already runs, which is then used instead of starting one. */
export const externalTemporalAddress = (): string | undefined => environmentVariable('TEMPORAL_ADDRESS');
