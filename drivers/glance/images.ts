// What Scoria asks of Glance about images: look, make, remove, read and write their data.
// https://docs.openstack.org/api-ref/image/v2/
import type { Readable } from 'node:stream';
import { ImageServiceError, type Image, type ImageAccess, type NewImage } from '../../domain/images.ts';
import type { GlanceAnswer, GlanceConnection, GlanceRequest } from './connection.ts';
import { imageListSchema, imageSchema, newImageBody } from './schema.ts';

export interface ImageData {
  /** Its bytes, from `startBytes` on. */
  readonly stream: Readable;
  /** Where they begin: 0 from a Glance that only sends whole images. */
  readonly startBytes: number;
}

const noContent = 204;
const partialContent = 206;
const json = { 'Content-Type': 'application/json' } as const;
/** Of one name there are hardly ever two. */
const listLimit = 2;

export class GlanceImages {
  readonly #connection: GlanceConnection;

  constructor(connection: GlanceConnection) {
    this.#connection = connection;
  }

  /** Null when there is none that the asker may see. Throws ImageServiceError, as all of these. */
  async show(access: ImageAccess, id: string): Promise<Image | null> {
    return orNull(async () => imageSchema.parse(await this.#json(access, { method: 'GET', path: pathOf(id) })));
  }

  /** The images of that name, two at most. */
  async listByName(access: ImageAccess, name: string): Promise<readonly Image[]> {
    const query = new URLSearchParams({ name, limit: String(listLimit) });
    const answer = await this.#json(access, { method: 'GET', path: `/v2/images?${query.toString()}` });
    return imageListSchema.parse(answer).images;
  }

  async create(access: ImageAccess, image: NewImage): Promise<Image> {
    const body = JSON.stringify(newImageBody(image));
    return imageSchema.parse(await this.#json(access, { method: 'POST', path: '/v2/images', headers: json, body }));
  }

  /** One that is not there is removed already; one that is protected is not any more. */
  async remove(access: ImageAccess, id: string): Promise<void> {
    const image = await this.show(access, id);
    if (image === null) return;
    if (image.isProtected) await this.#unprotect(access, id);
    await orNull(() => this.#done(access, { method: 'DELETE', path: pathOf(id) }));
  }

  /** The image's data from a byte on. */
  async read(access: ImageAccess, id: string, fromBytes: number, signal: AbortSignal): Promise<ImageData> {
    const headers: Record<string, string> = fromBytes > 0 ? { Range: `bytes=${fromBytes}-` } : {};
    const answer = await this.#connection.ask(access, { method: 'GET', path: `${pathOf(id)}/file`, headers, signal });
    if (answer.statusCode === noContent) {
      await answer.body.dump();
      throw new ImageServiceError('image contains no data.', noContent);
    }
    return { stream: answer.body, startBytes: answer.statusCode === partialContent ? fromBytes : 0 };
  }

  /** Gives a queued image its data, all of it at once. */
  async write(access: ImageAccess, id: string, data: Readable, lengthBytes: number, signal: AbortSignal) {
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(lengthBytes) };
    await this.#done(access, { method: 'PUT', path: `${pathOf(id)}/file`, headers, body: data, signal });
  }

  async #unprotect(access: ImageAccess, id: string): Promise<void> {
    const headers = { 'Content-Type': 'application/openstack-images-v2.1-json-patch' };
    const body = JSON.stringify([{ op: 'replace', path: '/protected', value: false }]);
    await this.#done(access, { method: 'PATCH', path: pathOf(id), headers, body });
  }

  async #json(access: ImageAccess, asked: GlanceRequest): Promise<unknown> {
    return readJson(await this.#connection.ask(access, asked));
  }

  async #done(access: ImageAccess, asked: GlanceRequest): Promise<void> {
    await (await this.#connection.ask(access, asked)).body.dump();
  }
}

const pathOf = (id: string): string => `/v2/images/${encodeURIComponent(id)}`;

async function readJson({ body }: GlanceAnswer): Promise<unknown> {
  const text = await body.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ImageServiceError('what answers as Glance does not speak its language', null);
  }
}

async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ImageServiceError && error.status === 404) return null;
    throw error;
  }
}
