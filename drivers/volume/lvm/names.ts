// Names and marks of logical volumes. Names are Cinder's and built from UUIDs only; marks say whose an LV is.
import { isUuid, mustBeUuid } from '../../../domain/ids.ts';

export const volumeName = (volumeId: string): string => `volume-${mustBeUuid(volumeId)}`;

/** LVM keeps names that begin with `snapshot` for itself; Cinder puts an underscore in front. */
export const snapshotName = (snapshotId: string): string => `${snapshotPrefix}snapshot-${mustBeUuid(snapshotId)}`;

/** What the names of all snapshots begin with, the passing ones of copies too. */
export const snapshotPrefix = '_';

/** Holds a clone's source still while it is copied to the volume `volumeId`. */
export const cloneSourceName = (volumeId: string): string => `${snapshotPrefix}clone-${mustBeUuid(volumeId)}`;

/** The pool that Cinder makes, and finds, in a group. */
export const poolName = (group: string): string => `${group}-pool`;

export const devicePath = (group: string, name: string): string => `/dev/${group}/${name}`;

/** Tags, as lvm(8) allows them: `scoria.<key>=<value>`. */
const prefix = 'scoria.';

/** On an LV whose data is not all there yet; taken away last. */
export const halfMade = `${prefix}half-made`;

export interface Mark {
  /** What the LV is for: a volume or a snapshot of that id. */
  readonly kind: 'volume' | 'snapshot' | 'clone-source';
  readonly id: string;
  readonly operationId: string;
  readonly epoch: number;
}

export const tagsOf = ({ kind, id, operationId, epoch }: Mark): readonly string[] => [
  ownerTag(kind, id),
  `${prefix}operation=${mustBeUuid(operationId)}`,
  `${prefix}epoch=${epoch}`,
];

export const ownerTag = (kind: Mark['kind'], id: string): string => `${prefix}${kind}=${mustBeUuid(id)}`;

/** The id in a volume's or a snapshot's name, or null for any other name. */
export function idIn(name: string, kind: 'volume' | 'snapshot'): string | null {
  const start = kind === 'volume' ? 'volume-' : `${snapshotPrefix}snapshot-`;
  const id = name.startsWith(start) ? name.slice(start.length) : '';
  return isUuid(id) ? id : null;
}

/** Those of `tags` that are Scoria's. */
export const ownTagsIn = (tags: readonly string[]): readonly string[] => tags.filter((tag) => tag.startsWith(prefix));
