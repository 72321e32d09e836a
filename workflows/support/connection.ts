// Exporting a volume for an attachment and taking the export away again: shared by attach, detach and the raw calls.
import type { ExportVolumeRequest, OpenDataRequest } from '../../activities/target.ts';
import { control } from './control.ts';
import type { OperationRun } from './run.ts';

export interface ExportWish {
  readonly volumeId: string;
  /** host@backend#pool of the volume. */
  readonly host: string;
  readonly attachmentId: string | null;
  readonly readonly: boolean;
  /** The client's; left out where a host of Scoria's own connects. */
  readonly connector?: ExportVolumeRequest['connector'];
}

/** Exports the volume, undone unless somebody else uses the export; answers where to connect, without secrets. */
export async function exportFor(run: OperationRun, wish: ExportWish) {
  const request = (): ExportVolumeRequest => ({
    claim: run.claim,
    volumeId: wish.volumeId,
    readonly: wish.readonly,
    connector: wish.connector ?? null,
  });
  run.undo('take the export away', () => removeExportUnlessUsed(run, wish));
  return run.onVolumeHost(wish.host, 'Export the volume', (on) => on.exportVolume(request()));
}

/** Writes down where an attachment is exported. */
export async function recordConnection(
  run: OperationRun,
  record: Omit<Parameters<typeof control.recordConnection>[0], 'claim'>,
): Promise<void> {
  // Nothing has been exported in a rehearsal.
  if (!run.rehearsing) await control.recordConnection({ claim: run.claim, ...record });
}

/** Takes the export away if no other live attachment relies on it. */
export async function removeExportUnlessUsed(
  run: OperationRun,
  { volumeId, host, attachmentId }: Omit<ExportWish, 'readonly' | 'connector'>,
): Promise<void> {
  if (await control.othersUseExport(volumeId, attachmentId)) return;
  await run.onVolumeHost(host, 'Take the export away', (on) => on.removeExport({ claim: run.claim, volumeId }));
}

/** The volume's address; an operation on connections needs one that is placed. */
export function placedHost(run: OperationRun, volumeId: string): string {
  const { host } = run.volume(volumeId);
  if (host === null) throw new Error(`volume ${volumeId} is on no back-end`);
  return host;
}

/** Lets go of bytes that a backup or a restore has opened; an export that others have come to rely on stays. */
export async function closeData(run: OperationRun, host: string, open: OpenDataRequest): Promise<void> {
  if (open.snapshot === null && (await control.othersUseExport(open.volumeId, null))) return;
  await run.onVolumeHost(host, 'Close the data', (on) => on.closeData({ ...open, claim: run.claim }));
}
