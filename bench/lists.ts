// Lists with 1,000 and with 100,000 rows of everything: how much longer each takes, and which rows its plan looks at.
// node --import tsx bench/lists.ts [rows]; no Temporal, no storage, and nothing of it stays.
import { performance } from 'node:perf_hooks';
import { median } from './statistics.ts';
import { fillEverything, type Filled } from './lists/fill.ts';
import { heavyScans } from './lists/plans.ts';
import { requests } from './lists/requests.ts';
import { startListServer, type ListServer } from './lists/server.ts';

const few = 1_000;
const many = Number(process.argv[2] ?? 100_000);
const rounds = 5;

async function timesOf(server: ListServer, filled: Filled): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const { name, path } of requests) {
    const took: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const start = performance.now();
      await server.get(path(filled));
      // The first one prepares the statement.
      if (round > 0) took.push(performance.now() - start);
    }
    times.set(name, median(took));
  }
  return times;
}

async function report(server: ListServer): Promise<void> {
  const before = await timesOf(server, await fillEverything(server.db, few));
  const filled = await fillEverything(server.db, many);
  const after = await timesOf(server, filled);
  console.log(`| request | ms, ${few} rows | ms, ${many} rows | times | rows looked at beyond the page |`);
  console.log('| --- | --- | --- | --- | --- |');
  for (const { name, path } of requests) {
    const scans = heavyScans(await server.plansDuring(() => server.get(path(filled))));
    const [fast = 0, slow = 0] = [before.get(name), after.get(name)];
    const cells = [name, fast.toFixed(1), slow.toFixed(1), (slow / fast).toFixed(1), scans.join('; ') || '-'];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

const server = await startListServer();
try {
  await report(server);
} finally {
  await server.stop();
}
