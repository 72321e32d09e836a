// Names of the objects in a back-end's directory. They are built from UUIDs only.
import { isUuid, mustBeUuid } from '../../../domain/ids.ts';

export const volumeName = (volumeId: string): string => `volume-${mustBeUuid(volumeId)}`;
export const snapshotName = (snapshotId: string): string => `snapshot-${mustBeUuid(snapshotId)}`;

/** Where files are until they are whole; below the same directory, because a rename does not cross file systems. */
export const partialDirectory = '.partial';

/** Name of a file that `operationId` is still making under `epoch`. */
export const partialName = (name: string, operationId: string, epoch: number): string =>
  `${name}.${mustBeUuid(operationId)}.${epoch}`;

/** The id in `<prefix>-<uuid>`, or null for any other name. */
export function idIn(name: string, prefix: 'volume' | 'snapshot'): string | null {
  const id = name.startsWith(`${prefix}-`) ? name.slice(prefix.length + 1) : '';
  return isUuid(id) ? id : null;
}
