// The OpenStack clients, unmodified from PyPI, in a virtualenv of their own in the cache directory.
import { join } from 'node:path';
import { ensureVirtualenv, locateVirtualenv, type VirtualenvOptions, type VirtualenvPlan } from './virtualenv.ts';

/** The releases that the tests run against: changing one changes what Scoria promises to work with. */
const plan: VirtualenvPlan = {
  kind: 'clients',
  what: 'the OpenStack clients',
  packages: ['python-openstackclient==10.5.0', 'python-cinderclient==9.10.0', 'openstacksdk==4.22.0'],
  programs: ['openstack', 'cinder', 'python'],
};

export interface Clients {
  /** Absolute paths of the programs. */
  readonly openstack: string;
  readonly cinder: string;
  /** Interpreter with openstacksdk. */
  readonly python: string;
}

/** Where the clients are, without building anything; null when they are not there. */
export async function locateClients(cacheDir?: string): Promise<Clients | null> {
  const bin = await locateVirtualenv(plan, cacheDir);
  return bin === null ? null : clientsIn(bin);
}

/** The clients, installed now if they are not there. Needs python3; throws with what to install. */
export async function ensureClients(options: VirtualenvOptions = {}): Promise<Clients> {
  return clientsIn(await ensureVirtualenv(plan, options));
}

const clientsIn = (bin: string): Clients => ({
  openstack: join(bin, 'openstack'),
  cinder: join(bin, 'cinder'),
  python: join(bin, 'python'),
});
