// Ends the guests of a libvirtd that is about to stop: politely, then for certain, and also when it does not answer.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Virsh } from '../../drivers/connector/libvirt/virsh.ts';
import { waitUntil } from './eventually.ts';
import { isAlive } from './processes.ts';

/** Asks every running guest to shut down and switches off those that have not within `graceMs`. */
export async function endGuests(virsh: Virsh, runDirectory: string, graceMs: number): Promise<void> {
  const what = 'ending the guests';
  const running = async (): Promise<readonly string[]> =>
    (await virsh.run(what, ['list', '--uuid'])).split('\n').filter((line) => line.trim() !== '');
  try {
    const asked = await running();
    await Promise.allSettled(asked.map((id) => virsh.run(what, ['shutdown', id, '--mode', 'acpi'])));
    await waitUntil(what, { timeoutMs: graceMs }, async () => ((await running()).length === 0 ? true : undefined)).catch(() => undefined);
    await Promise.allSettled((await running()).map((id) => virsh.run(what, ['destroy', id])));
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
      waitUntil(`ending guest ${pid}`, { timeoutMs: 10_000 }, async () => ((await isAlive(pid)) ? undefined : true)).catch(() =>
        process.kill(pid, 'SIGKILL'),
      ),
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
