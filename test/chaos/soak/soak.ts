// The soak: several clients, something killed every few seconds, a model that is checked throughout and at the end.
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { randomFrom } from '../matrix/random.ts';
import { expectClean } from '../support/clean.ts';
import { Data } from '../support/data.ts';
import { startPlant, type Plant } from '../support/plant.ts';
import { ApiClient } from './api-client.ts';
import { Killer } from './killer.ts';
import type { Promised } from './model.ts';
import { Tenant } from './tenant.ts';
import { Violations } from './violations.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** On a production Temporal server of several processes. */
  readonly cluster: boolean;
}

const tenants = 4;
const token = 'admin:fedcba98';
const base = '/v3/fedcba98';
const settleMs = 300_000;
const say = (line: string): void => console.error(`soak: ${new Date().toISOString().slice(11, 19)} ${line}`);

/** Answers the exit code: 0 when nothing was violated. */
export async function soak({ minutes, seed, cluster }: SoakOptions): Promise<number> {
  say(`seed ${seed}`);
  const plant = await startPlant(say, { cluster });
  const data = new Data(plant);
  const violations = new Violations();
  const api = new ApiClient(`http://127.0.0.1:${plant.facts.apiPort}`, token, violations);
  const killer = new Killer(plant, randomFrom(seed), say);
  const everything: Promised[] = [];
  const clients = Array.from(
    { length: tenants },
    (_, index) => new Tenant({ api, base, data, violations, everything, random: randomFrom(seed + 1 + index) }),
  );
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopped = true));
  const endsAt = Date.now() + minutes * 60_000;
  const isOn = (): boolean => !stopped && Date.now() < endsAt;
  const count = (): string => figures(clients, killer, api, violations);
  try {
    const killing = killer.run().catch((error: unknown) => {
      violations.add(`something that was killed could not be started again: ${String(error)}`);
      stopped = true;
    });
    const mending = mendPaused(api, isOn).catch((error: unknown) => violations.add(String(error)));
    const working = clients.map((client) => workOn(client, isOn, violations));
    const telling = tellNowAndThen(isOn, count);
    await Promise.all([...working, telling]);
    killer.stop();
    await killing;
    await mending;
    say('the killing is over; everything has to settle');
    await settle(plant, data, api).catch((error: unknown) => violations.add(String(error)));
  } finally {
    await data.close();
    await plant.stop();
  }
  console.log(`${count()}; ${minutes} minutes, seed ${seed}`);
  return violations.all.length === 0 ? 0 : 1;
}

async function workOn(client: Tenant, isOn: () => boolean, violations: Violations): Promise<void> {
  while (isOn())
    await client.act().catch((error: unknown) => violations.add(`a client could not go on: ${String(error)}`));
}

async function tellNowAndThen(isOn: () => boolean, count: () => string): Promise<void> {
  for (let rounds = 0; isOn(); rounds += 1) {
    await delay(1_000);
    if (rounds % 60 === 59) say(count());
  }
}

const tell = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([victim, times]) => `${victim} ${times}`).join(', ');

function figures(clients: readonly Tenant[], { kills }: Killer, api: ApiClient, { all }: Violations): string {
  const sum = (of: (client: Tenant) => number): number => clients.reduce((total, client) => total + of(client), 0);
  const killed = [...kills.values()].reduce((total, times) => total + times, 0);
  const operations = `${sum((client) => client.operations)} operations accepted, ${sum((client) => client.refusals)} refused`;
  return `${operations}, ${api.requests} requests (${api.interruptions} repeated), ${killed} kills (${tell(kills)}), ${all.length} violations`;
}

/** The operator: tries again what has paused, every now and then. */
async function mendPaused(api: ApiClient, isOn: () => boolean): Promise<void> {
  while (isOn()) {
    await retryPaused(api);
    for (let seconds = 0; seconds < 10 && isOn(); seconds += 1) await delay(1_000);
  }
}

async function retryPaused(api: ApiClient): Promise<void> {
  const { body } = await api.get(`${base}/operations?state=paused`);
  for (const { id, kind, reason } of (body['operations'] ?? []) as Record<string, string>[]) {
    say(`retries ${kind}: ${reason?.slice(0, 160)}`);
    await api.send('POST', `${base}/operations/${id}/action`, { retry: { reason: 'the soak' } });
  }
}

async function settle(plant: Plant, data: Data, api: ApiClient): Promise<void> {
  await eventually(async () => {
    await retryPaused(api);
    const unfinished = await plant.db.operation.findMany({ where: { finishedAt: null } });
    if (unfinished.length === 0) return;
    await delay(1_000);
    throw new Error(
      `still unfinished: ${unfinished.map(({ kind, state, reason, id }) => `${kind} ${id} ${state} ${reason}`).join('; ')}`,
    );
  }, settleMs);
  await expectClean(plant, data, 60_000);
}
