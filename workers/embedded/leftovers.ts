// Ends what a launcher that was killed has left running on this state directory.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endRememberedProcess } from '../../privileged/leftover.ts';

const graceMs = 15_000;

/** tgtd and libvirtd are taken over instead of ended: instances and initiators are connected to them. */
const takenOver = ['tgtd.pid', 'libvirtd.pid'];

/** Usually nothing is left: the kernel has told them that their launcher died, and they have ended or are about to. */
export async function endLeftovers(runDir: string, say: (line: string) => void): Promise<void> {
  const pidFiles = (await readdir(runDir)).filter((name) => name.endsWith('.pid') && !takenOver.includes(name));
  const ended = await Promise.all(
    pidFiles.map(async (name) => ((await endRememberedProcess(join(runDir, name), graceMs)) ? name : null)),
  );
  const names = ended.flatMap((name) => (name === null ? [] : [name.replace(/\.pid$/, '')]));
  if (names.length > 0) say(`ended what an earlier start had left running: ${names.join(', ')}`);
}
