// Works on a path of this host's own back-end and lets it go afterwards, whatever came of it.
import type { LocalPath, SnapshotRef, VolumeDriver } from '../drivers/volume/driver.ts';

type Driver = Pick<VolumeDriver, 'volumePath' | 'snapshotPath' | 'closePath'>;

/** Under the volume's host lock. Throws Missing. */
export const withVolumePath = <T>(driver: Driver, id: string, work: (path: LocalPath) => Promise<T>): Promise<T> =>
  withPath(driver, id, () => driver.volumePath(id), work);

/** Read-only. Throws Missing. */
export const withSnapshotPath = <T>(
  driver: Driver,
  snapshot: SnapshotRef,
  work: (path: LocalPath) => Promise<T>,
): Promise<T> => withPath(driver, snapshot.id, () => driver.snapshotPath(snapshot), work);

async function withPath<T>(
  driver: Driver,
  id: string,
  open: () => Promise<LocalPath>,
  work: (path: LocalPath) => Promise<T>,
): Promise<T> {
  const path = await open();
  try {
    return await work(path);
  } finally {
    await driver.closePath?.(id);
  }
}
