// Branded identifiers, so that a snapshot's id never goes where a volume's belongs.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type OperationId = Branded<'OperationId'>;
export type VolumeId = Branded<'VolumeId'>;
export type SnapshotId = Branded<'SnapshotId'>;
export type BackupId = Branded<'BackupId'>;
export type AttachmentId = Branded<'AttachmentId'>;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID with dashes, the only form that Scoria writes and that a storage object's name may hold. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Returns `text` if it is a UUID and throws otherwise: the last check before an id becomes part of a file name or argv. */
export function mustBeUuid(text: string): string {
  if (!isUuid(text)) throw new TypeError(`not a UUID: ${JSON.stringify(text.slice(0, 60))}`);
  return text;
}
