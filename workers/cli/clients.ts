// `scoria clients`: the OpenStack clients, installed if need be.
import { ensureClients } from '../embedded/clients.ts';

/** Prints their paths; answers the exit code. */
export async function clients(): Promise<number> {
  const { openstack, cinder } = await ensureClients({ say: (line) => console.error(line) });
  console.log(`${openstack}\n${cinder}`);
  return 0;
}
