// Which steps an operator may leave out, and what is lost by it. Only steps that remove or inform are here: one that
// makes something cannot be left out, because what comes after it needs it.

/** One step of one operation: `removeVolume on host@backend: Erase and remove the volume`. */
export type StepKey = string;

export const skipTable = {
  removeVolume:
    'The data is neither erased nor removed. If the storage comes back, it holds all of its data until an audit removes it.',
  removeSnapshot:
    'The snapshot stays in the storage until an audit removes it, and may keep its volume from being removed.',
  removeSnapshots:
    'The snapshots stay in the storage until an audit removes them, and may keep their volumes from being removed.',
  removeBackup: 'The objects stay in the backup store: their space is not freed, and the data is not erased.',
  removeExport:
    'The target may still be exported. If the host comes back, an audit finds the stale target and removes it.',
  closeData: 'The temporary export of a backup or a restore may stay. If the host comes back, an audit removes it.',
  unplugVolume:
    'The instance may still have the disk. If it runs on, it sees I/O errors or, worse, shares the data with another user of the volume.',
  refreshExport: 'Initiators see the old size until the volume is exported again.',
  resizeInInstance: 'The instance sees the old size until the volume is attached again.',
} as const satisfies Record<string, string>;

/** Names a step so that a later run of the same operation knows it again. */
export function stepKey(step: { readonly name: string; readonly host: string; readonly summary: string }): StepKey {
  return `${step.name} on ${step.host}: ${step.summary}`;
}

/** The activity's name in a step's key. */
export const stepNameOf = (key: StepKey): string => key.split(' ', 1)[0] ?? '';

/** What leaving the step out would lose; null when it cannot be left out. */
export function skipLoss(key: StepKey | null): string | null {
  const name = key === null ? '' : stepNameOf(key);
  return Object.hasOwn(skipTable, name) ? skipTable[name as keyof typeof skipTable] : null;
}
