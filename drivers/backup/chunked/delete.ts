// Deletes a backup: every object of its own and nothing else.
import type { StepContext } from '../../step.ts';
import type { BackupStore } from '../driver.ts';
import { metadataName, objectPrefix, receiptPrefix, type BackupLocation } from './names.ts';

const namesAtOnce = 256;

/** Not there is success. Throws StorageError PermissionDenied and the like, or the signal's reason. */
export async function deleteBackup(step: StepContext, store: BackupStore, backup: BackupLocation): Promise<void> {
  const container = backup.container ?? store.defaultContainer(backup.id);
  const prefix = objectPrefix(backup);
  // First, so that a half deleted backup is never taken for a whole one; then the receipts, which promise objects.
  await store.delete(container, [metadataName(prefix)]);
  const receipts = await store.list(container, receiptPrefix(prefix));
  const objects = await store.list(container, prefix);
  const names = [...receipts, ...objects];
  for (let first = 0; first < names.length; first += namesAtOnce) {
    step.signal.throwIfAborted();
    await store.delete(container, names.slice(first, first + namesAtOnce));
    step.reportProgress(Math.min(first + namesAtOnce, names.length), names.length);
  }
  await store.removeLitter(container, prefix);
  await store.removeLitter(container, `scoria_${prefix}`);
  await store.removeContainerIfEmpty(container);
}
