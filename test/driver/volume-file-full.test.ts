// The volume driver `file` on a disk that is full.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyData } from '../../drivers/data/copy-file.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { run } from '../../privileged/run.ts';
import { newStep, scratchDirectory } from './support/step.ts';
import { writeAt } from './support/volume-conformance.ts';

const mib = 1024 ** 2;
const silenceTimeoutMs = 10_000;
const scratch = await scratchDirectory();
const reason = await run(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'none', scratch.path], { silenceTimeoutMs }).then(
  () => null,
  (error: unknown) => String(error),
);
if (reason !== null) console.warn(`full-disk tests skipped: ${reason}`);

afterAll(async () => {
  if (reason === null) await run(['umount', scratch.path], { silenceTimeoutMs });
  await scratch.remove();
});

describe.skipIf(reason !== null)('on a full disk', () => {
  const origin = { option: 'full.file_volumes_dir', path: scratch.path };
  const driver = new FileVolumeDriver(
    fileVolumeOptions.parse({ volume_backend_name: 'full', file_volumes_dir: scratch.path }),
  );

  it('a clone that cannot fit is refused before it takes the last space, naming the option, and leaves nothing', async () => {
    const source = { id: randomUUID(), sizeGib: 1 };
    await driver.createVolume(newStep(), source, { kind: 'blank' });
    await writeAt(await driver.volumePath(source.id), 0, randomBytes(40 * mib));
    const clone = driver.createVolume(newStep(), { id: randomUUID(), sizeGib: 1 }, { kind: 'volume', volume: source });
    await expect(clone).rejects.toMatchObject({
      code: 'InsufficientSpace',
      message: expect.stringContaining('full.file_volumes_dir'),
    });
    expect(await readdir(join(scratch.path, '.partial'))).toEqual([]);
  });

  it('a copy that runs out of space says that, and not only that cp failed', async () => {
    const source = join(scratch.path, 'source');
    await writeFile(source, randomBytes(20 * mib));
    const copies = (async () => {
      for (let i = 0; i < 4; i += 1) await copyData(newStep(), source, join(scratch.path, `copy-${i}`), origin);
    })();
    await expect(copies).rejects.toMatchObject({
      code: 'InsufficientSpace',
      message: expect.stringContaining('no space left'),
    });
  });
});
