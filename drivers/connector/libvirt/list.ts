// Lists a compute host's instances with two commands, however many there are.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { InstanceState } from '../instance.ts';
import { virsh } from './client.ts';
import * as commands from './commands.ts';

/** libvirt's virDomainState in Nova's words. https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainState */
const statusOf: Readonly<Record<string, InstanceState['status']>> = {
  1: 'ACTIVE', // running
  2: 'ACTIVE', // blocked on input or output
  3: 'PAUSED',
  4: 'ACTIVE', // being shut down: still there
  5: 'SHUTOFF',
  6: 'ERROR', // crashed
  7: 'PAUSED', // suspended by the guest's power management
};

/** Every instance of this host, running or not. */
export async function listInstances(on: commands.LibvirtConnection): Promise<readonly InstanceState[]> {
  const what = "listing this host's instances";
  const [names, stats] = await Promise.all([virsh(what, commands.listNames(on)), virsh(what, commands.listStates(on))]);
  const statsByName = parseStats(stats);
  return parseNames(names).map(({ id, name }) => {
    const values = statsByName.get(name);
    return {
      id,
      name,
      // One that came or went between the two commands.
      status: statusOf[values?.get('state.state') ?? ''] ?? 'UNKNOWN',
      vcpus: Number(values?.get('vcpu.current') ?? values?.get('vcpu.maximum') ?? 0),
      memoryMib: Math.round(Number(values?.get('balloon.maximum') ?? 0) / 1024),
    };
  });
}

/** Lines of `uuid name`. */
function parseNames(text: string): readonly { id: string; name: string }[] {
  return linesOf(text).map((line) => {
    const match = /^([0-9a-f-]{36})\s+(.*)$/.exec(line);
    if (!match)
      throw new StorageError('UnexpectedOutput', `virsh list answered what cannot be read: ${line.slice(0, 200)}`);
    return { id: match[1] ?? '', name: match[2] ?? '' };
  });
}

/** Blocks of `Domain: 'name'` and lines of `key=value`; the names are unique in one libvirtd. */
function parseStats(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const byName = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of linesOf(text)) {
    const heading = /^Domain: '(.*)'$/.exec(line);
    if (heading) {
      current = new Map();
      byName.set(heading[1] ?? '', current);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals > 0) current.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return byName;
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
