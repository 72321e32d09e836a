// A lab's Glance as its tests use it: images with given bytes, and what has become of them.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Image, ImageAccess, NewImage } from '../../domain/images.ts';
import { GlanceConnection } from '../../drivers/glance/connection.ts';
import { GlanceImages } from '../../drivers/glance/images.ts';
import { labGlance } from './host-images.ts';

export const accessTo = ({ url }: { readonly url: string }, userToken: string | null = null): ImageAccess => ({
  endpoints: [url],
  userToken,
  serviceToken: null,
});

export interface LabImages {
  readonly access: ImageAccess;
  readonly glance: GlanceImages;
  /** Makes one without data; answers its id. */
  queued(wish?: Partial<NewImage>): Promise<string>;
  /** Makes an active one. */
  add(bytes: Buffer, wish?: Partial<NewImage>): Promise<Image>;
  /** Its data. Throws when there is none. */
  bytesOf(id: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** As who has this token; without one, as whoever. */
export function createLabImages(url: string, userToken: string | null = null): LabImages {
  const access = accessTo({ url }, userToken);
  const connection = new GlanceConnection(labGlance);
  const glance = new GlanceImages(connection);
  const patient = (): AbortSignal => AbortSignal.timeout(60_000);
  async function queued(wish: Partial<NewImage> = {}): Promise<string> {
    const formats = { diskFormat: 'raw', containerFormat: 'bare', visibility: 'public', isProtected: false };
    const image = { id: randomUUID(), name: 'an image', properties: {}, ...formats, ...wish };
    return (await glance.create(access, image)).id;
  }
  return {
    access,
    glance,
    queued,
    async add(bytes, wish) {
      const id = await queued(wish);
      await glance.write(access, id, Readable.from([bytes]), bytes.length, patient());
      const image = await glance.show(access, id);
      if (image === null) throw new Error(`image ${id} is gone`);
      return image;
    },
    async bytesOf(id) {
      const { stream } = await glance.read(access, id, 0, patient());
      const pieces: Buffer[] = [];
      for await (const piece of stream) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    },
    close: () => connection.close(),
  };
}
