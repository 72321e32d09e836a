// Looks at one instance: its state, and the disks it has now and will have after its next start.
import { StorageError } from '../../../domain/storage-errors.ts';
import { parseDisks, type DomainDisk } from './domain-disks.ts';
import { virsh, type Caller } from './client.ts';
import * as commands from './commands.ts';

export interface InstanceView {
  readonly isRunning: boolean;
  /** Disks of the running instance; null when it is off. */
  readonly live: readonly DomainDisk[] | null;
  /** Disks of its definition; null for a transient instance, which has none. */
  readonly config: readonly DomainDisk[] | null;
}

/** Throws StorageError Missing when this host has no such instance. */
export async function viewInstance(
  on: commands.LibvirtConnection,
  instanceId: string,
  caller: Caller,
): Promise<InstanceView> {
  const what = `looking at instance ${instanceId}`;
  const info = parseDomainInfo(await virsh(what, commands.showInstance(on, instanceId), caller));
  const [live, config] = await Promise.all([
    info.isRunning ? virsh(what, commands.showLive(on, instanceId), caller).then(parseDisks) : null,
    info.isPersistent ? virsh(what, commands.showDefinition(on, instanceId), caller).then(parseDisks) : null,
  ]);
  return { isRunning: info.isRunning, live, config };
}

function parseDomainInfo(text: string): { isRunning: boolean; isPersistent: boolean } {
  const state = /^State:\s*(.+?)\s*$/m.exec(text)?.[1];
  const persistent = /^Persistent:\s*(yes|no)\s*$/m.exec(text)?.[1];
  if (state === undefined || persistent === undefined) {
    throw new StorageError('UnexpectedOutput', `virsh dominfo answered what cannot be read: ${text.slice(0, 200)}`);
  }
  return { isRunning: state !== 'shut off' && state !== 'crashed', isPersistent: persistent === 'yes' };
}

/** The volume's disk among `disks`. */
export const diskOf = (disks: readonly DomainDisk[] | null, volumeId: string): DomainDisk | null =>
  disks?.find(({ serial }) => serial === volumeId) ?? null;
