// A part of the promises about every step, on a production Temporal server: several processes, several history shards.
import { describe } from 'vitest';
import { promiseEveryStep } from '../support/every-step.ts';
import { scenarios } from '../support/scenarios.ts';
import { startClusterServers } from './support/cluster-servers.ts';
import { whyNoCluster } from './support/probe.ts';

const reason = await whyNoCluster();

/** Steps in the control worker and on two hosts' queues, a local activity's fallback, waiting, and undoing. */
const repeated = ['create a volume from a snapshot', 'extend a volume', 'restore a backup', 'delete a volume'];
const broken = ['create a snapshot'];

const named = (names: readonly string[]) => scenarios.filter(({ name }) => names.includes(name));

describe.skipIf(reason !== null)(`on PostgreSQL${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  promiseEveryStep({ repeated: named(repeated), broken: named(broken), startServers: startClusterServers });
});
