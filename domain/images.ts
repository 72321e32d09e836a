// Images as Glance describes them: what a volume can be made from, and what the volume remembers of it.

/** An image, with sizes in bytes; properties are the user's own, besides those that Glance's schema names. */
export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  /** Of its file; null until it has one. */
  readonly sizeBytes: number | null;
  readonly virtualSizeBytes: number | null;
  readonly minDiskGib: number;
  readonly minRamMib: number;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** MD5, as hexadecimal digits. */
  readonly checksum: string | null;
  readonly hashAlgorithm: string | null;
  readonly hashValue: string | null;
  readonly visibility: string;
  readonly isProtected: boolean;
  readonly owner: string | null;
  readonly properties: Readonly<Record<string, string>>;
}

/** What a host needs of an image to fetch it and to know that it has the right bytes. */
export type ImageSource = Pick<
  Image,
  'id' | 'diskFormat' | 'containerFormat' | 'sizeBytes' | 'checksum' | 'hashAlgorithm' | 'hashValue'
>;

/** The image that an upload fills. */
export interface ImageTarget {
  readonly id: string;
  readonly diskFormat: string;
}

/** How somebody reaches Glance. Holds secrets: it goes into no workflow, log or error. */
export interface ImageAccess {
  /** Base addresses, without /v2; any of them will do. */
  readonly endpoints: readonly string[];
  /** Who asks; null with noauth, or where the token is no longer known. */
  readonly userToken: string | null;
  /** Our own: with it, Keystone lets a user's token pass that has run out meanwhile. Null with noauth. */
  readonly serviceToken: string | null;
}

/** Glance has refused, or does not answer (`status` null). Its message is for a person. */
export class ImageServiceError extends Error {
  override readonly name = 'ImageServiceError';
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** An image that is to be made, without data. */
export interface NewImage {
  readonly id: string;
  readonly name: string;
  readonly diskFormat: string;
  readonly containerFormat: string | null;
  /** Null leaves it to Glance. */
  readonly visibility: string | null;
  readonly isProtected: boolean | null;
  readonly minDiskGib?: number;
  readonly properties: Readonly<Record<string, string>>;
}

const gib = 1024 ** 3;
const inGib = (bytes: number): number => Math.ceil(bytes / gib);

/** Cinder's sentence for bytes that a volume of this size does not hold; null when they fit. */
export function virtualSizeProblem(virtualSizeBytes: number, sizeGib: number): string | null {
  const needed = inGib(virtualSizeBytes);
  return needed > sizeGib
    ? `Image virtual size is ${needed}GB and doesn't fit in a volume of size ${sizeGib}GB.`
    : null;
}

export type ImageProblem = { readonly fault: 'InvalidInput' | 'ImageUnacceptable'; readonly reason: string };

/**
 * Why no volume of this size can be made from the image, in Cinder's words; null when one can.
 * https://github.com/openstack/cinder/blob/29.0.0/cinder/volume/volume_utils.py#L1100
 */
export function imageProblem(image: Image, sizeGib: number): ImageProblem | null {
  const invalid = (reason: string): ImageProblem => ({ fault: 'InvalidInput', reason });
  if (image.status !== 'active') return invalid(`Image ${image.id} is not active.`);
  const fileGib = inGib(image.sizeBytes ?? 0);
  if (fileGib > sizeGib) {
    return invalid(`Size of specified image ${fileGib}GB is larger than volume size ${sizeGib}GB.`);
  }
  if (sizeGib < image.minDiskGib) {
    return invalid(`Volume size ${sizeGib}GB cannot be smaller than the image minDisk size ${image.minDiskGib}GB.`);
  }
  const reason = virtualSizeProblem(image.virtualSizeBytes ?? 0, sizeGib);
  return reason === null ? null : { fault: 'ImageUnacceptable', reason };
}

/** What a volume keeps of the image that it was made from: Cinder's volume_image_metadata. */
export function imageMetadataOf(image: Image): Record<string, string> {
  const known: Readonly<Record<string, string | number | null>> = {
    image_id: image.id,
    image_name: image.name === '' ? null : image.name,
    checksum: image.checksum,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    min_disk: image.minDiskGib,
    min_ram: image.minRamMib,
    size: image.sizeBytes,
  };
  const texts = Object.entries(known).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]]));
  return { ...image.properties, ...(Object.fromEntries(texts) as Record<string, string>) };
}

/** What every Glance keeps for itself. `reserved_image_namespaces` names more. */
const reservedNamespaces = ['os_glance', 'img_signature', 'signature_verified'] as const;

/** The properties that an uploaded image inherits from its volume. */
export function inheritedProperties(
  metadata: Readonly<Record<string, string>>,
  { coreProperties, reserved }: { readonly coreProperties: readonly string[]; readonly reserved: readonly string[] },
): Record<string, string> {
  if (coreProperties.length === 0) return {};
  const prefixes = [...reservedNamespaces, ...reserved];
  const own = Object.entries(metadata).filter(
    ([key]) => !coreProperties.includes(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
  return Object.fromEntries(own);
}
