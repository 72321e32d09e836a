// A real Glance for Tempest's tests of images, in the catalogue, with the two images that they expect.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { KeystoneClient } from '../../embedded/keystone-client.ts';
import { serviceUser, type KeystonePasswords } from '../../embedded/keystone-people.ts';
import { startGlance, type EmbeddedGlance } from '../../embedded/glance.ts';

/** Of small images, as tempest.conf names them. */
export const imageIds = {
  first: 'aed6fe19-b4d3-4be5-ada7-fa790e26032c',
  other: '9eb3cc73-7a6c-40d3-8d2a-f80f4b2af5e4',
} as const;

const mib = 1024 ** 2;
const sizesMib = { [imageIds.first]: 20, [imageIds.other]: 4 };

export interface ImagesPlace {
  readonly directory: string;
  readonly keystoneUrl: string;
  readonly keystone: KeystoneClient;
  /** Of an administrator. */
  readonly token: string;
  readonly passwords: KeystonePasswords;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Starts it, names it in the catalogue and gives it its images. */
export async function startImages(place: ImagesPlace): Promise<EmbeddedGlance> {
  const { say, signal } = place;
  const identity = {
    authUrl: place.keystoneUrl,
    user: serviceUser.name,
    password: place.passwords.service,
    project: serviceUser.project,
  };
  const glance = await startGlance({ directory: join(place.directory, 'glance'), identity, say, signal });
  try {
    await place.keystone.ensureEndpoint('image', 'glance', glance.url);
    for (const [id, sizeMib] of Object.entries(sizesMib)) await addImage(glance.url, place.token, id, sizeMib);
    return glance;
  } catch (error) {
    await glance.stop();
    throw error;
  }
}

async function addImage(url: string, token: string, id: string, sizeMib: number): Promise<void> {
  const image = { id, name: id, visibility: 'public', disk_format: 'raw', container_format: 'bare' };
  await send('POST', `${url}/v2/images`, token, 'application/json', JSON.stringify(image));
  await send('PUT', `${url}/v2/images/${id}/file`, token, 'application/octet-stream', bytes(id, sizeMib * mib));
}

/** The same for the same seed, and nothing that compresses. */
function bytes(seed: string, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let length = 0; length < size; length += 64) {
    blocks.push(createHash('sha512').update(`${seed} ${length}`).digest());
  }
  return Buffer.concat(blocks);
}

async function send(method: string, url: string, token: string, type: string, body: string | Buffer): Promise<void> {
  const answer = await fetch(url, { method, headers: { 'X-Auth-Token': token, 'Content-Type': type }, body });
  if (!answer.ok) throw new Error(`Glance: ${method} ${url}: ${answer.status} ${await answer.text()}`);
}
