// A directory that only root can change, with a rootwrap.conf and filters of a test's own; or why there can be none here.
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootwrapProgram } from '../../../privileged/root.ts';
import { Refusal } from '../../../privileged/rootwrap/decide.ts';
import { whoElseCanChange } from '../../../privileged/rootwrap/trust.ts';

/** The user `nobody` of Linux, who is in no group and owns nothing. */
export const nobody = { uid: 65_534, gid: 65_534 } as const;

/** A sentence, or null; printed, so that nobody takes a skip for a pass. */
export function whyNoRootwrap(): string | null {
  const reason =
    process.getuid?.() === 0
      ? (whoElseCanChange('/run') ?? whoElseCanChange(rootwrapProgram) ?? whoElseCanChange(process.execPath))
      : 'only root can try what others may make root do';
  if (reason !== null) console.warn(`tests of scoria-rootwrap skipped: ${reason}`);
  return reason;
}

export interface RootwrapHost {
  readonly directory: string;
  readonly configFile: string;
  readonly filterFile: string;
  /** Holds nothing; in `exec_dirs` before the machine's own. */
  readonly programs: string;
  remove(): Promise<void>;
}

export const systemDirectories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** Not in /tmp: what is in there can be written by others, and is refused. */
export async function makeRootwrapHost(filters: string, options = ''): Promise<RootwrapHost> {
  const directory = await mkdtemp('/run/scoria-test-');
  const [configFile, filterFile, programs] = ['rootwrap.conf', 'rootwrap.d/test.filters', 'programs'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await chmod(directory, 0o755);
  await mkdir(join(directory, 'rootwrap.d'));
  await mkdir(programs);
  await writeFile(filterFile, `[Filters]\n${filters}\n`);
  await writeFile(
    configFile,
    `[DEFAULT]\nfilters_path=${join(directory, 'rootwrap.d')}\nexec_dirs=${[programs, ...systemDirectories].join(',')}\n${options}\n`,
  );
  return { directory, configFile, filterFile, programs, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Directories of root daemons that are there. */
export async function daemonDirectories(): Promise<readonly string[]> {
  return (await readdir('/run')).filter((name) => name.startsWith('scoria-rootwrap-'));
}

export const letPass = 'let pass';

/** What came of an attempt: the refusal's reason, or that there was none. */
export async function outcome(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return letPass;
  } catch (error) {
    return error instanceof Refusal ? `${error.by}: ${error.message}` : String(error);
  }
}
