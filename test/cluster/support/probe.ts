// Why this machine cannot run a production Temporal server: asked by each file, and printed by those that are skipped.
import { locateTemporalServer } from '../../../workers/embedded/temporal-server.ts';

/** Answers the reason, which it prints, or null. Building the server takes minutes: `scoria test cluster` does it. */
export async function whyNoCluster(): Promise<string | null> {
  const reason = await reasonNow();
  if (reason !== null) console.warn(`tests on a production Temporal server are skipped: ${reason}`);
  return reason;
}

async function reasonNow(): Promise<string | null> {
  // Its processes use the same ports on one address each.
  if (process.platform !== 'linux') return 'only Linux answers on all of 127.0.0.0/8';
  if ((await locateTemporalServer()) !== null) return null;
  return 'the server has not been built here: `./scoria test cluster` builds it, once, with Go';
}
