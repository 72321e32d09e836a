// One client of the soak: makes, uses and deletes its own things, tries what is not allowed, and looks at everything.
import { setTimeout as delay } from 'node:timers/promises';
import { instanceId } from '../support/connected-instances.ts';
import type { Data } from '../support/data.ts';
import type { ApiClient, Answer } from './api-client.ts';
import { compare, type Kind, type Promised } from './model.ts';
import type { Violations } from './violations.ts';

const most: Readonly<Record<Kind, number>> = { volume: 5, snapshot: 3, backup: 3 };
const paths: Readonly<Record<Kind, string>> = { volume: 'volumes', snapshot: 'snapshots', backup: 'backups' };
const settleMs = 45_000;
const servers = `/compute/v2.1/servers/${instanceId}/os-volume_attachments`;

interface Deps {
  readonly api: ApiClient;
  /** Below the API's address: /v3/<project>. */
  readonly base: string;
  readonly data: Data;
  readonly violations: Violations;
  readonly random: () => number;
  /** What all tenants have, so that one can try another's. */
  readonly everything: Promised[];
}

export class Tenant {
  readonly #deps: Deps;
  #own: Promised[] = [];
  operations = 0;
  refusals = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async act(): Promise<void> {
    const { random } = this.#deps;
    const roll = random();
    for (const [share, act] of this.#acts) if (roll < share) return act();
  }

  readonly #acts: readonly (readonly [number, () => Promise<void>])[] = [
    [0.22, () => this.#createVolume()],
    [0.32, () => this.#delete()],
    [0.4, () => this.#extend()],
    [0.48, () => this.#snapshot()],
    [0.58, () => this.#backup()],
    [0.64, () => this.#restore()],
    [0.76, () => this.#attachAndDetach()],
    [0.84, () => this.#nonsense()],
    [1, () => this.#lookAround()],
  ];

  async #createVolume(): Promise<void> {
    if (this.#count('volume') >= most.volume) return this.#delete();
    const source = this.#any('volume');
    const snapshot = this.#any('snapshot');
    const roll = this.#deps.random();
    const size = 1 + Math.floor(this.#deps.random() * 2);
    const isCopy = (roll < 0.25 && source !== null) || (roll < 0.45 && snapshot !== null);
    const from = !isCopy ? {} : roll < 0.25 && source ? { source_volid: source.id } : { snapshot_id: snapshot?.id };
    const sizeGib = isCopy ? 3 : size;
    const made = await this.#make('volume', { volume: { size: sizeGib, name: 'soak', ...from } }, sizeGib);
    if (made === null) return;
    if ((await this.#settled(made)) === 'available' && !isCopy) await this.#deps.data.fill(made.id);
  }

  async #snapshot(): Promise<void> {
    const volume = this.#any('volume');
    if (volume === null || this.#count('snapshot') >= most.snapshot) return this.#lookAround();
    const made = await this.#make(
      'snapshot',
      { snapshot: { volume_id: volume.id, force: true } },
      volume.sizeGib,
      volume.sizes,
    );
    if (made) await this.#settled(made);
  }

  async #backup(): Promise<void> {
    const volume = this.#any('volume');
    if (volume === null || this.#count('backup') >= most.backup) return this.#delete();
    const made = await this.#make(
      'backup',
      { backup: { volume_id: volume.id, force: true } },
      volume.sizeGib,
      volume.sizes,
    );
    if (made) await this.#settled(made);
  }

  async #restore(): Promise<void> {
    const backup = this.#any('backup');
    if (backup === null || this.#count('volume') >= most.volume) return this.#lookAround();
    const answer = await this.#send('POST', `/backups/${backup.id}/restore`, { restore: { name: 'restored' } });
    const restore = answer.body['restore'] as { volume_id?: string } | undefined;
    if (answer.status !== 202 || restore?.volume_id === undefined) return;
    const made = this.#promise('volume', restore.volume_id, backup.sizeGib, backup.sizes);
    await this.#settled(made);
  }

  async #delete(): Promise<void> {
    const { random } = this.#deps;
    const kind: Kind = random() < 0.5 ? 'volume' : random() < 0.5 ? 'snapshot' : 'backup';
    const victim = this.#any(kind);
    if (victim === null) return;
    const answer = await this.#send('DELETE', `/${paths[kind]}/${victim.id}`);
    if (answer.status !== 202) return;
    victim.doomed = true;
    await this.#settled(victim);
    this.#own = this.#own.filter((one) => one !== victim);
  }

  async #extend(): Promise<void> {
    const volume = this.#any('volume');
    if (volume === null) return;
    const newSize = volume.sizeGib + 1;
    // An earlier extend to the same size may be under way still.
    const isNew = !volume.sizes.has(newSize);
    volume.sizes.add(newSize);
    const answer = await this.#send('POST', `/volumes/${volume.id}/action`, { 'os-extend': { new_size: newSize } });
    if (answer.status !== 202) return void (isNew && volume.sizes.delete(newSize));
    const status = await this.#settled(volume);
    if (status !== 'available' && status !== 'in-use') return;
    volume.sizeGib = newSize;
  }

  async #attachAndDetach(): Promise<void> {
    const volume = this.#any('volume');
    if (volume === null) return;
    const asked = await this.#sendTo('POST', servers, { volumeAttachment: { volumeId: volume.id } });
    if (asked.status !== 200) return;
    if ((await this.#settled(volume)) !== 'in-use') return;
    if (this.#deps.random() < 0.3) await this.#extend();
    const detached = await this.#sendTo('DELETE', `${servers}/${volume.id}`);
    if (detached.status === 202) await this.#settled(volume);
  }

  /** Requests that must be refused, or lose a race: by the client's fault, so with a 4xx. */
  async #nonsense(): Promise<void> {
    const { random, everything } = this.#deps;
    const other = everything[Math.floor(random() * everything.length)];
    const id = other?.id ?? '00000000-0000-4000-8000-000000000000';
    const wishes: readonly (readonly ['POST' | 'DELETE', string, object?])[] = [
      ['POST', '/volumes', { volume: { size: -1 } }],
      ['POST', '/volumes', { volume: { size: 1, snapshot_id: id, source_volid: id } }],
      ['POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 0 } }],
      ['POST', '/snapshots', { snapshot: { volume_id: '11111111-1111-4111-8111-111111111111' } }],
      ['POST', `/backups/${id}/restore`, { restore: { volume_id: '11111111-1111-4111-8111-111111111111' } }],
    ];
    const [method, path, body] = wishes[Math.floor(random() * wishes.length)] ?? ['DELETE', '/volumes/none'];
    const { status } = await this.#send(method, path, body);
    if (status < 400)
      this.#deps.violations.add(`${method} ${path} ${JSON.stringify(body)} was accepted with ${status}`);
  }

  async #lookAround(): Promise<void> {
    for (const one of this.#own) await this.#look(one);
    const { status } = await this.#deps.api.get(`${this.#deps.base}/volumes/detail?limit=50`);
    if (status !== 200) this.#deps.violations.add(`GET /volumes/detail was answered ${status}`);
  }

  async #make(kind: Kind, body: object, sizeGib: number, sizes?: ReadonlySet<number>): Promise<Promised | null> {
    const answer = await this.#send('POST', `/${paths[kind]}`, body);
    const row = answer.body[kind] as { id?: string } | undefined;
    if (answer.status !== 202 || row?.id === undefined) return null;
    return this.#promise(kind, row.id, sizeGib, sizes);
  }

  #promise(kind: Kind, id: string, sizeGib: number, sizes: ReadonlySet<number> = new Set()): Promised {
    const { everything, violations } = this.#deps;
    if (everything.some((one) => one.id === id)) violations.add(`${kind} ${id} was given to two requests`);
    const promised = { kind, id, sizeGib, sizes: new Set([...sizes, sizeGib]), doomed: false, gone: false };
    this.#own.push(promised);
    everything.push(promised);
    return promised;
  }

  #send(method: 'POST' | 'DELETE', path: string, body?: object): Promise<Answer> {
    return this.#sendTo(method, `${this.#deps.base}${path}`, body);
  }

  async #sendTo(method: 'POST' | 'DELETE', path: string, body?: object): Promise<Answer> {
    const answer = await this.#deps.api.send(method, path, body);
    if (answer.status < 300) this.operations += 1;
    else this.refusals += 1;
    return answer;
  }

  /** Its status once nothing works on it any more, or what it is after a while; null when it is gone. */
  async #settled(promised: Promised): Promise<string | null> {
    const deadline = Date.now() + settleMs;
    for (;;) {
      const status = await this.#look(promised);
      if (status === null || !/ing(-|$)|^backing-up$/.test(status) || Date.now() > deadline) return status;
      await delay(150 + this.#deps.random() * 200);
    }
  }

  async #look(promised: Promised): Promise<string | null> {
    const { api, base, violations } = this.#deps;
    const { status, body } = await api.get(`${base}/${paths[promised.kind]}/${promised.id}`);
    const row = body[promised.kind] as Record<string, unknown> | undefined;
    return compare(promised, status, row ?? null, violations);
  }

  #count(kind: Kind): number {
    return this.#own.filter((one) => one.kind === kind && !one.doomed).length;
  }

  #any(kind: Kind): Promised | null {
    const candidates = this.#own.filter((one) => one.kind === kind && !one.doomed);
    return candidates[Math.floor(this.#deps.random() * candidates.length)] ?? null;
  }
}
