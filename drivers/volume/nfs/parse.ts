// What qemu-img, stat and du print about a share and its files, and the lines of a file of shares.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import { isShare, mountOptionsPattern, shareForm } from '../../nfs/share.ts';

const infoSchema = z.object({
  'virtual-size': z.number().int().nonnegative(),
  format: z.string(),
  'backing-filename': z.string().optional(),
});

export interface ImageFacts {
  readonly sizeBytes: number;
  /** As it stands in the image's head. */
  readonly backing: string | null;
}

/** What `qemu-img info --output=json` prints. Throws UnexpectedOutput. */
export function parseImageInfo(text: string): ImageFacts {
  const parsed = infoSchema.safeParse(jsonOrNull(text));
  if (!parsed.success) throw unexpected('qemu-img info', text);
  return { sizeBytes: parsed.data['virtual-size'], backing: parsed.data['backing-filename'] ?? null };
}

export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** What `stat --file-system --format='%S %b %f %a'` prints. Throws UnexpectedOutput. */
export function parseSpace(text: string): Space {
  const match = /^(\d+) (\d+) (\d+) (\d+)\n?$/.exec(text);
  if (!match) throw unexpected('stat', text);
  const [blockBytes = 0, blocks = 0, , available = 0] = match.slice(1).map(Number);
  return { totalBytes: blockBytes * blocks, freeBytes: blockBytes * available };
}

/** The sum in du's last line. Throws UnexpectedOutput. */
export function parseAllocated(text: string): number {
  const match = /^(\d+)\t/.exec(text.trim().split('\n').at(-1) ?? '');
  if (!match) throw unexpected('du', text);
  return Number(match[1]);
}

/** Percent done in qemu-img's `(12.34/100%)`, the last one of `text`; null = none in it. */
export function percentIn(text: string): number | null {
  const found = [...text.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

export interface ConfiguredShare {
  readonly share: string;
  readonly mountOptions: string | null;
}

/**
 * Lines of `nfs_shares_config`: a share, and behind it `-o options` or the options alone; `#` begins a comment.
 * Throws Misconfigured naming file and line.
 */
export function parseShares(text: string, path: string): readonly ConfiguredShare[] {
  return text.split('\n').flatMap((line, index) => {
    const [share = '', ...rest] = line.trim().split(/\s+/);
    if (share === '' || share.startsWith('#')) return [];
    const options = (rest[0] === '-o' ? rest.slice(1) : rest).join(' ').replace(/^-o/, '');
    if (isShare(share) && (options === '' || mountOptionsPattern.test(options))) {
      return [{ share, mountOptions: options === '' ? null : options }];
    }
    throw new StorageError(
      'Misconfigured',
      `${path}:${index + 1} (option nfs_shares_config): ${JSON.stringify(line.slice(0, 120))} is not a share (${shareForm}), ` +
        'with mount options parted by commas behind it',
    );
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const unexpected = (program: string, text: string): StorageError =>
  new StorageError('UnexpectedOutput', `${program} printed ${JSON.stringify(text.slice(0, 200))}`);
