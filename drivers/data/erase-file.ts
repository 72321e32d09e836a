// Overwrites a volume's data with zeros where it lies, so that its old bytes are no longer on the disk once it is deleted.
import { open } from 'node:fs/promises';
import type { StepContext } from '../step.ts';
import { bytesIn, dataExtents, type Extent } from './extents.ts';

const chunkBytes = 4 * 1024 * 1024;
/** Dirty pages are written out this often, so that progress is the disk's and the last sync is short. */
const syncEveryBytes = 256 * 1024 * 1024;
const zeros = Buffer.alloc(chunkBytes);

/**
 * Zeros the first `limitBytes` of `path` (all of it by default) and waits until the zeros are on the disk. Holes are
 * left alone: nothing is stored there, and filling them could only run the disk full. Punching holes or zeroing by
 * FALLOC_FL_ZERO_RANGE would be quicker, but both only forget where the old bytes are: fallocate(2).
 * On a file system with copy-on-write (btrfs always; xfs for blocks shared with a snapshot) new zeros go elsewhere and
 * the old blocks are freed as they are: there, `volume_clear` cannot keep its promise.
 */
export async function eraseFile(step: StepContext, path: string, limitBytes = Infinity): Promise<void> {
  const extents = within(await dataExtents(path, { signal: step.signal }), limitBytes);
  const bytesTotal = bytesIn(extents);
  const file = await open(path, 'r+');
  try {
    let bytesDone = 0;
    let unsynced = 0;
    for (const chunk of chunks(extents)) {
      step.signal.throwIfAborted();
      const { bytesWritten } = await file.write(zeros, 0, chunk.lengthBytes, chunk.startBytes);
      if (bytesWritten !== chunk.lengthBytes) throw Object.assign(new Error('short write'), { code: 'EIO' });
      bytesDone += bytesWritten;
      unsynced += bytesWritten;
      if (unsynced >= syncEveryBytes) {
        await file.datasync();
        unsynced = 0;
      }
      step.reportProgress(bytesDone, bytesTotal);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

function within(extents: readonly Extent[], limitBytes: number): readonly Extent[] {
  return extents
    .filter((extent) => extent.startBytes < limitBytes)
    .map((extent) => ({ ...extent, lengthBytes: Math.min(extent.lengthBytes, limitBytes - extent.startBytes) }));
}

function* chunks(extents: readonly Extent[]): Generator<Extent> {
  for (const { startBytes, lengthBytes } of extents) {
    for (let done = 0; done < lengthBytes; done += chunkBytes) {
      yield { startBytes: startBytes + done, lengthBytes: Math.min(chunkBytes, lengthBytes - done) };
    }
  }
}
