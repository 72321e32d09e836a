// Ends the guests of a libvirtd that is about to stop: politely, then for certain, and also when it does not answer.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { waitUntil } from './eventually.ts';
import type { EmbeddedVirsh } from './libvirtd-virsh.ts';
import { isAlive } from './processes.ts';

/** Asks every running guest to shut down and switches off those that have not within `graceMs`. */
export async function endGuests(virsh: EmbeddedVirsh, runDirectory: string, graceMs: number): Promise<void> {
  try {
    await Promise.allSettled((await virsh.running()).map((id) => virsh.run('shutdown', id, '--mode', 'acpi')));
    const allOff = async (): Promise<true | undefined> => ((await virsh.running()).length === 0 ? true : undefined);
    await waitUntil('ending the guests', { timeoutMs: graceMs }, allOff).catch(() => undefined);
    await Promise.allSettled((await virsh.running()).map((id) => virsh.run('destroy', id)));
  } catch {
    // It does not answer, so its guests are ended without it.
  }
  await endLeftGuests(runDirectory);
}

/** SIGTERM lets QEMU write its disks back and end by itself. */
async function endLeftGuests(runDirectory: string): Promise<void> {
  const pids = await guestPids(runDirectory);
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  await Promise.all(
    pids.map((pid) =>
      waitUntil(`ending guest ${pid}`, { timeoutMs: 10_000 }, async () =>
        (await isAlive(pid)) ? undefined : true,
      ).catch(() => process.kill(pid, 'SIGKILL')),
    ),
  );
}

/** libvirt writes each guest's process id to run/qemu/<name>.pid; one whose program is not QEMU has been reused. */
async function guestPids(runDirectory: string): Promise<readonly number[]> {
  const directory = join(runDirectory, 'qemu');
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.pid'));
  const pids = await Promise.all(
    names.map(async (name) => {
      const pid = Number(await readFile(join(directory, name), 'utf8').catch(() => ''));
      const program = pid > 1 ? await readlink(`/proc/${pid}/exe`).catch(() => '') : '';
      return basename(program).startsWith('qemu') && (await isAlive(pid)) ? [pid] : [];
    }),
  );
  return pids.flat();
}
