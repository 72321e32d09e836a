// Says, visibly, why this machine cannot run the lab VM, or lacks what a test wants to use in it.
import { findProgram } from '../../../workers/embedded/programs.ts';
import { runTool } from '../../../privileged/tool.ts';
import { virtiofsdPath } from './host-files.ts';

/** By program: the Debian package that brings it. */
const needed: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  [virtiofsdPath]: 'qemu-system-common',
  busybox: 'busybox-static',
  unshare: 'util-linux',
  modprobe: 'kmod',
};

/** A sentence, or null when the lab VM can run and has `programs` (by program: the Debian package that brings it). */
export async function whyNoLab(programs: Readonly<Record<string, string>> = {}): Promise<string | null> {
  const reasons: string[] = [];
  if (process.platform !== 'linux' || process.arch !== 'x64') reasons.push('it needs Linux on x86-64');
  else if (process.getuid?.() !== 0) reasons.push('it needs root');
  else if ((await runTool('unshare', ['--mount', 'true'], { timeoutMs: 10_000 })).exitCode !== 0)
    reasons.push('it needs the right to make mount namespaces');
  for (const [program, debianPackage] of Object.entries({ ...needed, ...programs })) {
    if ((await findProgram(program)) === null) reasons.push(`${program} is missing (Debian: ${debianPackage})`);
  }
  if (reasons.length === 0) return null;
  const reason = `the lab VM cannot be used here: ${reasons.join('; ')}`;
  console.warn(`skipped: ${reason}`);
  return reason;
}
