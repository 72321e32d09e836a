// A client of Scoria: asks one address, or several in turn, blindly again under the same Idempotency-Key when nobody answers.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** A volume, snapshot or backup, as far as these tests look. */
export interface Shown {
  readonly id: string;
  readonly status: string;
  readonly size: number;
}

const giveUpAfterMs = 180_000;
const slowMs = 180_000;
/** The newest microversion: attachments are Cinder's own since 3.27. */
const version = 'volume 3.71';

function mustAnswer({ status, body }: Answer<unknown>, ...wanted: readonly number[]): void {
  if (!wanted.includes(status)) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
}

function mustBe(what: string, status: string, wanted: string): void {
  if (status !== wanted) throw new Error(`${what} is ${status}, not ${wanted}`);
}

export class Tenant {
  readonly #urls: readonly string[];
  #asked = 0;

  /** Several addresses are asked in turn. */
  constructor(...urls: readonly string[]) {
    this.#urls = urls;
  }

  #next(): string {
    this.#asked += 1;
    return `${this.#urls[this.#asked % this.#urls.length]}/v3/fedcba98`;
  }

  /** One answer that is not "try again"; a request is sent again until then. */
  async ask<Body = Record<string, unknown>>(method: string, path: string, body?: object): Promise<Answer<Body>> {
    const key = randomUUID();
    for (const endsAt = Date.now() + giveUpAfterMs; ;) {
      const answer = await this.#once<Body>(method, path, key, body).catch((error: unknown) => {
        if (Date.now() > endsAt) throw error;
        return null;
      });
      if (answer !== null && ![409, 502, 503, 504].includes(answer.status)) return answer;
      if (answer !== null && Date.now() > endsAt) return answer;
      await delay(200);
    }
  }

  async #once<Body>(method: string, path: string, key: string, body?: object): Promise<Answer<Body>> {
    const response = await fetch(`${this.#next()}${path}`, {
      method,
      headers: {
        'X-Auth-Token': 'admin:fedcba98',
        'Content-Type': 'application/json',
        'OpenStack-API-Version': version,
        ...(method === 'GET' ? {} : { 'Idempotency-Key': key }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(90_000),
    });
    return { status: response.status, body: (await response.json().catch(() => null)) as Body };
  }

  /** Makes one and answers its id; `noun` is its collection's singular, as in the body. */
  async create(noun: 'volume' | 'snapshot' | 'backup', wishes: object): Promise<string> {
    const { status, body } = await this.ask<Record<string, { id: string }>>('POST', `/${noun}s`, { [noun]: wishes });
    mustAnswer({ status, body }, 202);
    return body[noun]?.id ?? '';
  }

  async show(noun: string, id: string): Promise<Shown | null> {
    const { status, body } = await this.ask<Record<string, Shown>>('GET', `/${noun}s/${id}`);
    return status === 404 ? null : (body[noun] ?? null);
  }

  /** Waits for a status; "gone" is one. Fails at once in an error status that was not asked for. */
  async until(noun: string, id: string, status: string): Promise<Shown | null> {
    let failed: string | null = null;
    const shown = await eventually(async () => {
      const now = await this.show(noun, id);
      if (now?.status.startsWith('error') && now.status !== status) failed = now.status;
      if (failed === null) mustBe(`${noun} ${id}`, now?.status ?? 'gone', status);
      return now;
    }, slowMs);
    if (failed !== null) throw new Error(`${noun} ${id} is ${failed as string}: ${await this.#reasonOf(id)}`);
    return shown;
  }

  /** What its newest operation says. */
  async #reasonOf(id: string): Promise<string> {
    const { body } = await this.ask<{ operations: { resource_id: string; reason: string | null }[] }>(
      'GET',
      '/operations',
    );
    return body.operations.find((operation) => operation.resource_id === id)?.reason ?? 'no reason is given';
  }

  async act(volumeId: string, action: object): Promise<void> {
    const { status, body } = await this.ask('POST', `/volumes/${volumeId}/action`, action);
    mustAnswer({ status, body }, 200, 202, 204);
  }

  async delete(noun: string, id: string): Promise<void> {
    const { status, body } = await this.ask('DELETE', `/${noun}s/${id}`);
    mustAnswer({ status, body }, 202);
  }

  /** Attaches it to an instance as Nova does, with a connector; answers the attachment. */
  async attach(volumeId: string): Promise<{ readonly id: string; readonly connection_info: Record<string, unknown> }> {
    const connector = {
      host: 'compute9',
      ip: '127.0.0.1',
      initiator: 'iqn.2010-10.org.openstack:tester',
      multipath: false,
    };
    const { status, body } = await this.ask<{ attachment: { id: string; connection_info: Record<string, unknown> } }>(
      'POST',
      '/attachments',
      { attachment: { volume_uuid: volumeId, instance_uuid: randomUUID(), connector } },
    );
    mustAnswer({ status, body }, 200);
    const { id } = body.attachment;
    const done = await this.ask('POST', `/attachments/${id}/action`, { 'os-complete': {} });
    mustAnswer(done, 204);
    return body.attachment;
  }

  async detach(attachmentId: string): Promise<void> {
    const { status, body } = await this.ask('DELETE', `/attachments/${attachmentId}`);
    mustAnswer({ status, body }, 200);
  }
}
