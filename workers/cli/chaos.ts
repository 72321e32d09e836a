// `scoria chaos`: runs the fault matrix or the soak (test/chaos/) where its small disks and wrapped commands disturb nobody.
import { join } from 'node:path';
import { findProgram } from '../../privileged/find-program.ts';
import { runTool } from '../../privileged/tool.ts';
import { installStoragePrograms } from '../embedded/storage-programs.ts';
import { findTemporalCli } from '../embedded/temporal-cli.ts';
import { ensureTemporalServer } from '../embedded/temporal-server.ts';
import { projectRoot } from './vitest-run.ts';

export interface ChaosFlags {
  readonly cells?: string;
  readonly seed?: string;
  readonly only?: string;
  readonly resume?: string;
  readonly report?: string;
  readonly part?: string;
  readonly together?: string;
  readonly soak?: boolean;
  readonly cluster?: boolean;
  readonly minutes?: string;
}

const limitMs = 7 * 24 * 3600 * 1000;
/** What the lab is made of, with the Debian package of each. */
const needed: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  mount: 'mount',
  tgtd: 'tgt',
  'qemu-img': 'qemu-utils',
  'qemu-storage-daemon': 'qemu-system-common',
};

/** Why this machine cannot run it, or null. */
export async function whyNoChaos(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'it needs root: it mounts small disks and runs tgtd';
  for (const [program, debianPackage] of Object.entries(needed))
    if ((await findProgram(program)) === null) return `${program} is missing (Debian package ${debianPackage})`;
  return null;
}

/** Answers the exit code: 0 when nothing failed. */
export async function chaos(flags: ChaosFlags): Promise<number> {
  const say = (line: string): void => console.error(line);
  await installStoragePrograms(say);
  await findTemporalCli({ say });
  if (flags.cluster) await ensureTemporalServer({ say });
  const reason = await whyNoChaos();
  if (reason !== null) {
    say(`scoria chaos cannot run here: ${reason}`);
    return 1;
  }
  // Ctrl-C reaches the child as well, which ends after the cell at hand and reports.
  process.on('SIGINT', () => {});
  const loader = join(projectRoot, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const program = [process.execPath, '--import', `file://${loader}`, join(projectRoot, 'test', 'chaos', 'main.ts')];
  const words = Object.entries(flags).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const argv = ['--mount', '--propagation', 'private', '--', ...program, ...words];
  const { exitCode } = await runTool('unshare', argv, { timeoutMs: limitMs, visible: true });
  return exitCode ?? 1;
}
