// Replays recorded requests and compares the answers with what a real Cinder answered.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export interface Recording {
  readonly file: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: unknown;
  };
}

const folder = fileURLToPath(new URL('../fixtures/golden/', import.meta.url));
/** Keystone's have no dashes. */
const uuidPattern = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/g;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;
/** Ids that the recorder made up to name nothing: the same in every recording. */
const isMadeUp = (id: string): boolean => /^(.)\1{7}-/.test(id);

/** Headers that clients use. */
const comparedHeaders = ['content-type', 'openstack-api-version', 'vary', 'location', 'retry-after', 'x-auth-token'];

/** Recordings whose number is in one of the ranges, in order. */
export function readRecordings(...ranges: readonly (readonly [number, number])[]): Promise<Recording[]> {
  return readFiles((file) => {
    const number = Number(file.slice(0, 3));
    return ranges.some(([from, to]) => number >= from && number <= to);
  });
}

/** Those of one administrator without Keystone, or those where it matters who asks, in order. */
export function readAllRecordings(who: 'noauth' | 'keystone'): Promise<Recording[]> {
  return readFiles((file) => file.startsWith('ks-') === (who === 'keystone'));
}

async function readFiles(isWanted: (file: string) => boolean): Promise<Recording[]> {
  const files = (await readdir(folder)).sort().filter(isWanted);
  return Promise.all(
    files.map(async (file) => ({
      file,
      ...(JSON.parse(await readFile(folder + file, 'utf8')) as Omit<Recording, 'file'>),
    })),
  );
}

/** Sends recordings one after the other; ids that the server makes are learnt from its answers. */
export class Replayer {
  readonly #url: string;
  readonly #ids = new Map<string, string>();
  /** What is made at random, or of ids, and sent by later requests: keys, tokens, a backup's record. */
  readonly #secrets = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** Tells that a recorded token is this one here. */
  know(recorded: string, here: string): void {
    this.#secrets.set(recorded, here);
  }

  /** Tells that a recorded id is this one here. */
  knowId(recorded: string, here: string): void {
    this.#ids.set(recorded, here);
  }

  /** A recorded text as it has to be here, with the ids seen so far. */
  here(recorded: string): string {
    return this.#translate(recorded);
  }

  /** What differs, in words; empty when all is as recorded. */
  async replay({ request, response }: Recording): Promise<string[]> {
    const { method } = request;
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
      name,
      this.#translate(value),
    ]);
    const body = bodyOf(request.body);
    const answer = await fetch(this.#url + this.#translate(request.path), {
      method,
      headers,
      body: body === null ? null : this.#translate(body),
      redirect: 'manual',
    });
    const text = await answer.text();
    const differences: string[] = [];
    if (answer.status !== response.status) differences.push(`status ${answer.status} instead of ${response.status}`);
    const recordedHeaders = new Map(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
    for (const name of comparedHeaders) {
      const expected = recordedHeaders.get(name);
      const found = answer.headers.get(name) ?? undefined;
      if (this.#translate(expected ?? '') !== (found ?? ''))
        differences.push(`${name}: ${found} instead of ${expected}`);
    }
    const found: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
    this.#compare(ordered(response.body), ordered(found), 'body', differences);
    return differences;
  }

  /** A recorded text as it has to be here. */
  #translate(text: string): string {
    let here = text;
    for (const [recorded, made] of this.#secrets) here = here.replaceAll(recorded, made);
    return here
      .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, this.#url)
      .replaceAll(uuidPattern, (id) => this.#ids.get(id) ?? id);
  }

  #compare(recorded: unknown, found: unknown, at: string, differences: string[]): void {
    if (typeof recorded === 'string' && typeof found === 'string') {
      if (timePattern.test(recorded) && timePattern.test(found)) return;
      if (/\.(auth_key|backup_url)$/.test(at)) this.#secrets.set(recorded, found);
      const here: readonly string[] = found.match(uuidPattern) ?? [];
      for (const [index, id] of (recorded.match(uuidPattern) ?? []).entries()) {
        const match = here[index];
        if (match !== undefined && !this.#ids.has(id) && !isMadeUp(id)) this.#ids.set(id, match);
      }
      if (this.#translate(recorded) !== found)
        differences.push(`${at}: ${found} instead of ${this.#translate(recorded)}`);
    } else if (recorded !== null && typeof recorded === 'object' && found !== null && typeof found === 'object') {
      for (const key of new Set([...Object.keys(recorded), ...Object.keys(found)])) {
        const [left, right] = [recorded, found].map((value) => (value as Record<string, unknown>)[key]);
        this.#compare(left, right, `${at}.${key}`, differences);
      }
    } else if (recorded !== found) {
      differences.push(`${at}: ${JSON.stringify(found)} instead of ${JSON.stringify(recorded)}`);
    }
  }
}

/** The body as it was sent; the recorder has shortened only the one that is too large. */
function bodyOf(body: unknown): string | null {
  if (body === null) return null;
  if (typeof body !== 'string') return JSON.stringify(body);
  const shortened = /… \((\d+) bytes\)$/.exec(body);
  return shortened ? 'x'.repeat(Number(shortened[1])) : body;
}

/** What comes in an order of chance in Cinder, and what tells its items apart. */
const unordered: Readonly<Record<string, readonly string[]>> = {
  services: ['binary', 'host'],
  hosts: ['service', 'host_name'],
  pools: ['name'],
};

function ordered(body: unknown): unknown {
  if (body === null || typeof body !== 'object') return body;
  const entries = Object.entries(body).map(([key, value]: [string, unknown]): [string, unknown] => {
    const fields = unordered[key];
    if (!fields || !Array.isArray(value)) return [key, value];
    const keyOf = (item: Record<string, string>): string => fields.map((field) => item[field]).join(' ');
    return [key, (value as Record<string, string>[]).toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))];
  });
  return Array.isArray(body) ? body : Object.fromEntries(entries);
}
