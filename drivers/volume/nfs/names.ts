// Names on a share: Cinder's, and those of Scoria's own notes beside them.
import { isUuid, mustBeUuid } from '../../../domain/ids.ts';

/** The volume's first file; with snapshots, what they and the volume build on. */
export const volumeName = (volumeId: string): string => `volume-${mustBeUuid(volumeId)}`;

/** Holds what has changed since the snapshot was taken; the snapshot itself is the file below it. */
export const overlayName = (volumeId: string, snapshotId: string): string =>
  `${volumeName(volumeId)}.${mustBeUuid(snapshotId)}`;

/** Cinder's record of which file is on top and which belongs to which snapshot. */
export const infoName = (volumeId: string): string => `${volumeName(volumeId)}.info`;

/** Directory of what Cinder does not know: marks, exports, and files that are being made. */
export const notesDirectory = '.scoria';
export const markName = (id: string): string => `${notesDirectory}/${mustBeUuid(id)}`;
export const exportName = (id: string): string => `${notesDirectory}/export-${mustBeUuid(id)}`;

/** Whatever bears a volume's name here is half-made, by an attempt that is under way or dead. */
export const partialName = (volumeId: string, operationId: string, epoch: number): string =>
  `${notesDirectory}/${volumeName(volumeId)}.${mustBeUuid(operationId)}.${epoch}`;

/** Whose name it is: a volume's or a snapshot's; null for any other. */
export function idIn(name: string): { readonly kind: 'volume' | 'snapshot'; readonly id: string } | null {
  const [volumeId = '', snapshotId] = name.startsWith('volume-') ? name.slice('volume-'.length).split('.') : [];
  if (!isUuid(volumeId)) return null;
  if (snapshotId === undefined) return { kind: 'volume', id: volumeId };
  return isUuid(snapshotId) && name === overlayName(volumeId, snapshotId) ? { kind: 'snapshot', id: snapshotId } : null;
}
