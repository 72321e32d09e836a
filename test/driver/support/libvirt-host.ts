// A compute host for one test file: a libvirtd of its own, a booted guest and a tgtd, or the reason why there is none.
import { randomUUID } from 'node:crypto';
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createLibvirtDriver } from '../../../drivers/connector/libvirt/driver.ts';
import type { InstanceDriver, PlugRequest } from '../../../drivers/connector/instance.ts';
import { TgtTargetDriver } from '../../../drivers/target/tgt/driver.ts';
import type { ChapSecret } from '../../../drivers/target/target.ts';
import { cacheDirectory } from '../../../workers/config/environment.ts';
import { domainXml } from '../../../workers/embedded/guest/domain-xml.ts';
import { buildGuestImage, type GuestImage } from '../../../workers/embedded/guest/image.ts';
import { GuestShell } from '../../../workers/embedded/guest/shell.ts';
import { probeGuest, probeLibvirt } from '../../../workers/embedded/libvirtd-probe.ts';
import { startLibvirtd, type EmbeddedLibvirtd } from '../../../workers/embedded/libvirtd.ts';
import { newStep, scratchDirectory } from './step.ts';
import { newChap } from './target-conformance.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from './tgtd.ts';

/** A sentence, or null when instances can be tested here. Printed, so that nobody takes a skip for a pass. */
export async function whyNoInstances(): Promise<string | null> {
  const lacking = [...(await probeLibvirt()), ...(await probeGuest())];
  const parts = lacking.map(({ what, aptPackage }) => (aptPackage ? `${what} (Debian package ${aptPackage})` : what));
  const reason = lacking.length > 0 ? `this machine lacks ${parts.join(', ')}` : await whyNoIscsi();
  if (reason !== null) console.warn(`instance tests skipped: ${reason}`);
  return reason;
}

export interface ExportedVolume {
  readonly path: string;
  readonly chap: ChapSecret;
  readonly request: PlugRequest;
}

export interface LibvirtTestHost {
  readonly directory: string;
  readonly guestId: string;
  readonly target: TgtTargetDriver;
  /** The present one; restartLibvirtd brings another. */
  libvirtd: EmbeddedLibvirtd;
  readonly shell: GuestShell;
  /** With a short patience where a guest is meant not to answer. */
  driver(unplugTimeoutMs?: number): InstanceDriver;
  restartLibvirtd(): Promise<void>;
  /** Defines another guest, which is not started. */
  defineGuest(name: string): Promise<string>;
  /** A file exported with CHAP, and the request that plugs it into the guest. */
  newVolume(sizeBytes?: number): Promise<ExportedVolume>;
  remove(): Promise<void>;
}

const mib = 1024 ** 2;
export const guestCache = (): string => join(cacheDirectory(), 'guest');
export const libvirtCache = (): string => join(cacheDirectory(), 'libvirt');

export async function sparseFile(path: string, sizeBytes: number): Promise<string> {
  await (await open(path, 'a')).close();
  await truncate(path, sizeBytes);
  return path;
}

/** Starts everything; what has been started is ended when a later part fails. */
export async function libvirtTestHost(): Promise<LibvirtTestHost> {
  const scratch = await scratchDirectory();
  const undo: (() => Promise<void>)[] = [() => scratch.remove()];
  const remove = async (): Promise<void> => {
    for (const end of undo.splice(0).toReversed()) await end();
  };
  try {
    const directory = scratch.path;
    const image = await buildGuestImage(guestCache(), (line) => console.log(line));
    const tgt = await testTgtd(directory);
    undo.push(() => tgt.tgtd.stop());
    const start = (): Promise<EmbeddedLibvirtd> =>
      startLibvirtd({ directory: join(directory, 'libvirt'), cacheDirectory: libvirtCache() });
    const parts = { directory, image, tgt, guestId: randomUUID(), libvirtd: await start() };
    undo.push(() => parts.libvirtd.stop());
    const shell = await bootGuest(parts);
    const host = assemble(parts, shell, start, remove);
    undo.splice(undo.length - 1, 1, async () => {
      shell.close();
      await host.libvirtd.stop();
    });
    return host;
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Parts {
  readonly directory: string;
  readonly image: GuestImage;
  readonly tgt: TestTgtd;
  readonly guestId: string;
  readonly libvirtd: EmbeddedLibvirtd;
}

async function bootGuest({ directory, image, guestId, libvirtd }: Parts): Promise<GuestShell> {
  await sparseFile(join(directory, 'guest.disk'), 16 * mib);
  await libvirtd.virsh.define(guestXml(directory, image, guestId, 'guest'));
  await libvirtd.virsh.run('start', guestId);
  return GuestShell.connect(join(directory, 'guest.channel'));
}

function assemble(
  parts: Parts,
  shell: GuestShell,
  start: () => Promise<EmbeddedLibvirtd>,
  remove: () => Promise<void>,
): LibvirtTestHost {
  const { directory, image, guestId } = parts;
  const host: LibvirtTestHost = {
    directory,
    guestId,
    target: new TgtTargetDriver(parts.tgt.options, directory),
    libvirtd: parts.libvirtd,
    shell,
    remove,
    driver: (unplugTimeoutMs) =>
      createLibvirtDriver({
        connectionUri: host.libvirtd.connectionUri,
        workDirectory: join(directory, 'virsh'),
        ...(unplugTimeoutMs === undefined ? {} : { unplugTimeoutMs }),
      }),
    restartLibvirtd: async () => {
      host.libvirtd = await start();
    },
    defineGuest: async (name) => {
      const id = randomUUID();
      await sparseFile(join(directory, `${name}.disk`), mib);
      await host.libvirtd.virsh.define(guestXml(directory, image, id, name));
      return id;
    },
    newVolume: async (sizeBytes = 64 * mib) => {
      const volumeId = randomUUID();
      const path = await sparseFile(join(directory, `volume-${volumeId}`), sizeBytes);
      const chap = newChap();
      const connection = await host.target.exportVolume(newStep(), {
        volumeId,
        path: { path, kind: 'file' },
        chap,
        readonly: false,
      });
      return {
        path,
        chap,
        request: { instanceId: guestId, volumeId, connection, chap, device: null, readonly: false },
      };
    },
  };
  return host;
}

export function guestXml(directory: string, image: GuestImage, id: string, name: string): string {
  return domainXml({
    id,
    name,
    memoryMib: 192,
    vdaPath: join(directory, `${name}.disk`),
    channelSocketPath: join(directory, `${name}.channel`),
    consoleLogPath: join(directory, `${name}.console`),
    image,
  });
}
