// Programs from PyPI, each set of them in a virtualenv of its own in the cache directory.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool, runTool } from '../../privileged/tool.ts';
import { cacheDirectory } from '../config/environment.ts';
import { aptInstall } from './apt.ts';
import { findProgram, isExecutable } from './programs.ts';

/** What one virtualenv holds; another release of a package makes another virtualenv. */
export interface VirtualenvPlan {
  /** The folder in the cache. */
  readonly kind: string;
  /** For messages: "the OpenStack clients". */
  readonly what: string;
  /** `name==version`. */
  readonly packages: readonly string[];
  /** Programs that must be in its bin directory. */
  readonly programs: readonly string[];
}

export interface VirtualenvOptions {
  readonly cacheDir?: string;
  readonly say?: (line: string) => void;
  /** Aborting it ends an installation that is under way. */
  readonly signal?: AbortSignal;
}

const installTimeoutMs = 900_000;

/** Its bin directory, without building anything; null when it is not there. */
export async function locateVirtualenv(plan: VirtualenvPlan, cacheDir = cacheDirectory()): Promise<string | null> {
  const bin = join(currentIn(plan, cacheDir), 'bin');
  const present = await Promise.all(plan.programs.map((program) => isExecutable(join(bin, program))));
  return present.every(Boolean) ? bin : null;
}

/** Its bin directory; installed now if it is not there. Needs python3; throws with what to install. */
export async function ensureVirtualenv(plan: VirtualenvPlan, options: VirtualenvOptions = {}): Promise<string> {
  const { cacheDir = cacheDirectory(), say } = options;
  const found = await locateVirtualenv(plan, cacheDir);
  if (found !== null) return found;
  const systemPython = await findProgram('python3');
  if (systemPython === null)
    throw new Error(`python3 is needed for ${plan.what} (Debian: apt-get install python3-venv)`);
  say?.(`installing ${plan.packages.join(', ')} from PyPI, once`);
  const current = currentIn(plan, cacheDir);
  // Scripts in a virtualenv name its path, so it is built under its final name and only then becomes the current one.
  const directory = `${current}-${randomUUID().slice(0, 8)}`;
  await mkdir(join(directory, '..'), { recursive: true });
  try {
    await build(systemPython, directory, plan, options);
    await symlink(directory, `${directory}.link`);
    await rename(`${directory}.link`, current);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return join(current, 'bin');
}

/** A link to the virtualenv with exactly these packages. */
function currentIn({ kind, packages }: VirtualenvPlan, cacheDir: string): string {
  const key = createHash('sha256').update(packages.join()).digest('hex').slice(0, 12);
  return join(cacheDir, kind, key);
}

async function build(
  python: string,
  directory: string,
  { packages }: VirtualenvPlan,
  { say, signal }: VirtualenvOptions,
): Promise<void> {
  const installArgs = ['install', '--quiet', '--disable-pip-version-check', ...packages];
  const limit = { timeoutMs: installTimeoutMs, ...(signal ? { signal } : {}) };
  if ((await runTool(python, ['-m', 'venv', directory], limit)).exitCode !== 0) {
    // Debian parts ensurepip from python3; the system's own pip, if there is one, can fill a virtualenv without it.
    await mustRunTool(python, ['-m', 'venv', '--clear', '--without-pip', directory], limit);
    const target = ['-m', 'pip', '--python', join(directory, 'bin', 'python')];
    if ((await runTool(python, [...target, ...installArgs], limit)).exitCode === 0) return;
    await aptInstall(['python3-venv'], say ? { say } : {});
    await mustRunTool(python, ['-m', 'venv', '--clear', directory], limit);
  }
  await mustRunTool(join(directory, 'bin', 'python'), ['-m', 'pip', ...installArgs], limit);
}
