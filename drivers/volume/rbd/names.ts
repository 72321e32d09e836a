// Names of images and of their snapshots: Cinder's, built from UUIDs only.
import { isUuid, mustBeUuid } from '../../../domain/ids.ts';

export const volumeName = (volumeId: string): string => `volume-${mustBeUuid(volumeId)}`;
export const snapshotName = (snapshotId: string): string => `snapshot-${mustBeUuid(snapshotId)}`;

const holdEnd = '.clone_snap';
const deletedEnd = '.deleted';
const halfMadeEnd = '.half-made';

/** Snapshot of a clone's source that holds the shared blocks, under the clone's name. */
export const holdName = (cloneName: string): string => `${cloneName}${holdEnd}`;
export const isHold = (snapshot: string): boolean => snapshot.endsWith(holdEnd);

/** A deleted volume that stays, without being seen, as long as clones need its blocks. */
export const deletedName = (name: string): string => (isDeleted(name) ? name : `${name}${deletedEnd}`);
export const isDeleted = (name: string): boolean => name.endsWith(deletedEnd);

/** A clone under construction; it gets its own name last. */
export const halfMadeName = (name: string): string => `${name}${halfMadeEnd}`;

/** No volume, and nothing that could become one. */
export const isInternal = (name: string): boolean => isDeleted(name) || name.endsWith(halfMadeEnd);

/** The id in a volume's or a snapshot's name, or null for any other name. */
export function idIn(name: string, kind: 'volume' | 'snapshot'): string | null {
  const start = `${kind}-`;
  const id = name.startsWith(start) ? name.slice(start.length) : '';
  return isUuid(id) ? id : null;
}
