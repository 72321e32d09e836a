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
  libvirtd: EmbeddedLibvirtd;
  shell: GuestShell;
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
    const start = (): Promise<EmbeddedLibvirtd> => startLibvirtd({ directory: join(directory, 'libvirt'), cacheDirectory: libvirtCache() });
    const host = await assemble(directory, image, tgt, await start(), start, remove);
    undo.push(() => host.libvirtd.stop());
    await host.libvirtd.virsh.define(guestXml(directory, image, host.guestId, 'guest'));
    await host.libvirtd.virsh.run('start', host.guestId);
    host.shell = await GuestShell.connect(join(directory, 'guest.channel'));
    undo.push(async () => host.shell.close());
    return host;
  } catch (error) {
    await remove();
    throw error;
  }
}

async function assemble(
  directory: string,
  image: GuestImage,
  { options }: TestTgtd,
  libvirtd: EmbeddedLibvirtd,
  start: () => Promise<EmbeddedLibvirtd>,
  remove: () => Promise<void>,
): Promise<LibvirtTestHost> {
  const guestId = randomUUID();
  await sparseFile(join(directory, 'guest.disk'), 16 * mib);
  const host: LibvirtTestHost = {
    directory,
    guestId,
    target: new TgtTargetDriver(options, directory),
    libvirtd,
    shell: undefined as unknown as GuestShell,
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
      const connection = await host.target.exportVolume(newStep(), { volumeId, path: { path, kind: 'file' }, chap, readonly: false });
      return { path, chap, request: { instanceId: guestId, volumeId, connection, chap, device: null, readonly: false } };
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
