// An image as Glance's API describes it, read into ours and written from it.
// https://docs.openstack.org/api-ref/image/v2/#show-image
import { z } from 'zod';
import type { Image, NewImage } from '../../domain/images.ts';

/** Of the image's schema; everything else is a property. */
const base = {
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  size: z.number().nullish(),
  virtual_size: z.number().nullish(),
  min_disk: z.number().nullish(),
  min_ram: z.number().nullish(),
  disk_format: z.string().nullish(),
  container_format: z.string().nullish(),
  checksum: z.string().nullish(),
  os_hash_algo: z.string().nullish(),
  os_hash_value: z.string().nullish(),
  visibility: z.string().default('private'),
  protected: z.boolean().default(false),
  owner: z.string().nullish(),
};

const unshown = ['created_at', 'updated_at', 'tags', 'direct_url', 'self', 'file', 'schema', 'locations', 'os_hidden'];
const notProperties: ReadonlySet<string> = new Set([...Object.keys(base), ...unshown, 'stores']);

export const imageSchema = z.looseObject(base).transform((wire): Image => {
  const properties = Object.entries(wire).flatMap(([key, value]): [string, string][] => {
    if (notProperties.has(key) || value === null || value === undefined) return [];
    return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
  return {
    id: wire.id,
    name: wire.name ?? null,
    status: wire.status,
    sizeBytes: wire.size ?? null,
    virtualSizeBytes: wire.virtual_size ?? null,
    minDiskGib: wire.min_disk ?? 0,
    minRamMib: wire.min_ram ?? 0,
    diskFormat: wire.disk_format ?? null,
    containerFormat: wire.container_format ?? null,
    checksum: wire.checksum ?? null,
    hashAlgorithm: wire.os_hash_algo ?? null,
    hashValue: wire.os_hash_value ?? null,
    visibility: wire.visibility,
    isProtected: wire.protected,
    owner: wire.owner ?? null,
    properties: Object.fromEntries(properties),
  };
});

export const imageListSchema = z.object({ images: z.array(imageSchema) });

/** The body that makes an image. */
export function newImageBody(image: NewImage): object {
  const { id, name, diskFormat, containerFormat, visibility, isProtected, minDiskGib = 0, properties } = image;
  return {
    ...properties,
    id,
    name,
    disk_format: diskFormat,
    container_format: containerFormat,
    min_disk: minDiskGib,
    ...(visibility === null ? {} : { visibility }),
    ...(isProtected === null ? {} : { protected: isProtected }),
  };
}
