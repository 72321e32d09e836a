// The demo's instance: a small real Linux guest on this machine, whose vda holds the known files.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheDirectory } from '../../config/environment.ts';
import { domainXml } from '../../embedded/guest/domain-xml.ts';
import { buildGuestImage } from '../../embedded/guest/image.ts';
import { GuestShell } from '../../embedded/guest/shell.ts';
import { createVirsh } from '../../embedded/libvirtd-virsh.ts';

export interface DemoGuest {
  readonly id: string;
  readonly name: string;
  /** Runs a command in the guest and answers what it printed; throws when it fails. */
  run(command: string): Promise<string>;
  /** Ends the guest and forgets it. */
  remove(): Promise<void>;
}

const guestMemoryMib = 192;
const commandTimeoutMs = 120_000;

/** Boots the guest on the libvirtd at `libvirtUri`. */
export async function bootGuest(libvirtUri: string, vdaPath: string, say: (line: string) => void): Promise<DemoGuest> {
  const image = await buildGuestImage(join(cacheDirectory(), 'guest'), say);
  // A Unix socket's path has at most 107 bytes, so it lies in a short directory.
  const directory = await mkdtemp(join(tmpdir(), 'scoria-guest-'));
  const virsh = createVirsh(libvirtUri);
  const id = randomUUID();
  const name = `demo-${id.slice(0, 8)}`;
  const channelSocketPath = join(directory, 'shell');
  const xml = domainXml({
    id,
    name,
    memoryMib: guestMemoryMib,
    vdaPath,
    channelSocketPath,
    consoleLogPath: join(directory, 'console.log'),
    image,
  });
  await virsh.define(xml);
  await virsh.run('start', id);
  const shell = await GuestShell.connect(channelSocketPath);
  return {
    id,
    name,
    async run(command) {
      const { output, exitCode } = await shell.run(command, { timeoutMs: commandTimeoutMs });
      if (exitCode !== 0) throw new Error(`the guest's \`${command}\` ended with ${exitCode}: ${output.trim()}`);
      return output;
    },
    async remove() {
      shell.close();
      await virsh.run('destroy', id).catch(() => undefined);
      await virsh.run('undefine', id).catch(() => undefined);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const seePatienceMs = 30_000;

/** Waits until the guest's kernel has the disk: it is told asynchronously. */
export async function eventuallySees(guest: DemoGuest, disk: string): Promise<void> {
  const deadline = Date.now() + seePatienceMs;
  while (!(await guest.run('cat /proc/partitions')).includes(disk)) {
    if (Date.now() > deadline) throw new Error(`the guest does not see ${disk}`);
    await delay(200);
  }
}
