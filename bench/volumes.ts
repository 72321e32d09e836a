// What every measure does with volumes: create, watch what is still being created through lists, delete.
import pLimit from 'p-limit';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VolumeClient } from './client.ts';

export interface CreatedVolume {
  readonly id: string;
  /** performance.now() before the request and behind its answer. */
  readonly sentAt: number;
  readonly acceptedAt: number;
  readonly acceptMs: number;
}

interface Listed {
  readonly volumes: readonly { readonly id: string }[];
}

/** Both servers answer at most so many rows. */
const pageLimit = 1000;

export async function createVolume(client: VolumeClient, name: string): Promise<CreatedVolume> {
  const sentAt = performance.now();
  const body = { volume: { size: 1, name, metadata: { k: 'v' } } };
  const { text, elapsedMs } = await client.ask('POST', '/volumes', body);
  const { volume } = JSON.parse(text) as { volume: { id: string } };
  return { id: volume.id, sentAt, acceptedAt: sentAt + elapsedMs, acceptMs: elapsedMs };
}

async function idsWith(client: VolumeClient, status: string): Promise<ReadonlySet<string>> {
  const { text } = await client.ask('GET', `/volumes?status=${status}&limit=${pageLimit}`);
  return new Set((JSON.parse(text) as Listed).volumes.map(({ id }) => id));
}

/**
 * Watches the project's list of volumes in `creating`: a volume that has left it is available. Each pause is at least
 * `pollMs` and, for crowds, three times what the last question took, so that asking never costs the server more than a
 * quarter of one core, however slow it is.
 */
export class CreationWatch {
  private readonly waiting = new Map<string, CreatedVolume>();
  private readonly availableAt = new Map<string, number>();
  private readonly client: VolumeClient;
  private readonly pollMs: number;
  private readonly restFactor: number;

  constructor(client: VolumeClient, pollMs: number, crowd: 'one' | 'many') {
    this.client = client;
    this.pollMs = pollMs;
    this.restFactor = crowd === 'many' ? 3 : 0;
  }

  add(volume: CreatedVolume): void {
    this.waiting.set(volume.id, volume);
  }

  /** Polls until `posting` has settled and nothing waits any more; answers when each volume was seen available. */
  async untilAllAvailable(posting: Promise<unknown>): Promise<ReadonlyMap<string, number>> {
    let posted = false;
    const settled = posting.finally(() => (posted = true));
    settled.catch(() => undefined);
    while (!posted || this.waiting.size > 0) {
      const restMs = this.waiting.size > 0 ? await this.poll() : 0;
      if (!posted || this.waiting.size > 0) await sleep(Math.max(this.pollMs, restMs));
    }
    await settled;
    return this.availableAt;
  }

  private async poll(): Promise<number> {
    // Only what had been accepted before the question can be told from its answer.
    const asked = [...this.waiting.keys()];
    const started = performance.now();
    const creating = await idsWith(this.client, 'creating');
    const now = performance.now();
    for (const id of asked) {
      if (creating.has(id)) continue;
      this.availableAt.set(id, now);
      this.waiting.delete(id);
    }
    return (now - started) * this.restFactor;
  }
}

/** A figure over volumes that failed would be worth nothing. */
export async function mustHaveNoErrors(client: VolumeClient): Promise<void> {
  for (const status of ['error', 'error_deleting']) {
    const ids = await idsWith(client, status);
    const [one] = ids;
    if (one === undefined) continue;
    const { text } = await client.ask('GET', `/messages?resource_uuid=${one}`);
    const { messages } = JSON.parse(text) as { messages: { user_message: string }[] };
    const why = messages.map((message) => message.user_message).join('; ');
    throw new Error(`${ids.size} volumes ended in ${status}; one of them, ${one}: ${why || 'no message'}`);
  }
}

/** Deletes them and waits until they are gone; answers how long that took. */
export async function deleteVolumes(
  client: VolumeClient,
  ids: readonly string[],
  concurrency: number,
): Promise<number> {
  const limit = pLimit(concurrency);
  const started = performance.now();
  await Promise.all(ids.map((id) => limit(() => client.ask('DELETE', `/volumes/${id}`, undefined, [202, 204, 404]))));
  for (;;) {
    const asked = performance.now();
    if ((await idsWith(client, 'deleting')).size === 0) break;
    await sleep(Math.max(10, 3 * (performance.now() - asked)));
  }
  const tookMs = performance.now() - started;
  await mustHaveNoErrors(client);
  return tookMs;
}

/** What an interrupted run left behind. */
export async function emptyProject(client: VolumeClient, concurrency: number): Promise<void> {
  for (;;) {
    const { text } = await client.ask('GET', `/volumes?limit=${pageLimit}`);
    const ids = (JSON.parse(text) as Listed).volumes.map(({ id }) => id);
    if (ids.length === 0) return;
    await deleteVolumes(client, ids, concurrency);
  }
}
