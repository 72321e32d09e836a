// An ext4 image with files whose content is known: what the demo writes, loses on purpose and gets back.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool } from '../../../privileged/tool.ts';

export interface KnownFiles {
  /** Raw image with the file system. */
  readonly imagePath: string;
  readonly imageSizeMib: number;
  readonly imageSha256: string;
  readonly sha256ByName: ReadonlyMap<string, string>;
}

const imageSizeMib = 64;

/** Makes the files and the image in `directory`, which must be empty. Needs mke2fs (e2fsprogs). */
export async function makeKnownFiles(directory: string): Promise<KnownFiles> {
  const root = join(directory, 'files');
  await mkdir(root);
  const contents: readonly (readonly [string, Buffer])[] = [
    ['letter.txt', Buffer.from('What is written here will be backed up, overwritten and brought back.\n')],
    ['numbers.txt', Buffer.from(Array.from({ length: 100_000 }, (_, index) => index).join('\n'))],
    ['random.bin', randomBytes(24 * 1024 ** 2)],
    ['zeros.bin', Buffer.alloc(8 * 1024 ** 2)],
  ];
  for (const [name, content] of contents) await writeFile(join(root, name), content);
  const sha256ByName = new Map(contents.map(([name, content]) => [name, sha256(content)]));
  const imagePath = join(directory, 'known-files.ext4');
  await (await open(imagePath, 'w')).close();
  await mustRunTool('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, imagePath, `${imageSizeMib}M`], {
    timeoutMs: 60_000,
  });
  const imageSha256 = sha256(await readFile(imagePath));
  return { imagePath, imageSizeMib, imageSha256, sha256ByName };
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
