// Understands what lvm(8) prints: its reports in JSON, and its refusals.
import { z } from 'zod';
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';

export interface VolumeGroup {
  readonly name: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  readonly extentBytes: number;
}

export interface LogicalVolume {
  readonly name: string;
  /** Of a thick snapshot: the size of its copy-on-write area, not of what it shows. */
  readonly sizeBytes: number;
  /** Name of the LV that it is a snapshot of. */
  readonly origin: string | null;
  /** Name of its thin pool; null for a thick one. */
  readonly pool: string | null;
  readonly isPool: boolean;
  /** How full a pool, a thin LV or a thick snapshot is; null where that says nothing. */
  readonly dataPercent: number | null;
  readonly tags: readonly string[];
  /** True for a pool, and a volume of one, whose new blocks are zeroed before they are given out. */
  readonly zeroesNewBlocks: boolean;
  readonly isActive: boolean;
  /** Something (a target, a mount, a copy) has it open. */
  readonly isOpen: boolean;
}

const bytes = z.string().regex(/^\d+$/).transform(Number);
const nameOrNone = z.string().transform((text) => (text === '' ? null : text));

const groupRow = z
  .object({ vg_name: z.string().min(1), vg_size: bytes, vg_free: bytes, vg_extent_size: bytes })
  .transform((row): VolumeGroup => ({
    name: row.vg_name,
    sizeBytes: row.vg_size,
    freeBytes: row.vg_free,
    extentBytes: row.vg_extent_size,
  }));

/** Fields as lvs(8) names them, and the letters of lv_attr as it explains them. */
const volumeRow = z
  .object({
    lv_name: z.string().min(1),
    lv_size: bytes,
    lv_attr: z.string().regex(/^[\w-]{10}$/),
    origin: nameOrNone,
    pool_lv: nameOrNone,
    data_percent: z
      .string()
      .regex(/^(\d+(\.\d+)?)?$/)
      .transform((text) => (text === '' ? null : Number(text))),
    lv_tags: z.string().transform((text) => text.split(',').filter((tag) => tag !== '')),
    lv_active: z.string(),
    lv_device_open: z.enum(['open', '', 'unknown']),
  })
  .transform((row): LogicalVolume => ({
    name: row.lv_name,
    sizeBytes: row.lv_size,
    origin: row.origin,
    pool: row.pool_lv,
    isPool: row.lv_attr.startsWith('t'),
    dataPercent: row.data_percent,
    tags: row.lv_tags,
    zeroesNewBlocks: row.lv_attr[7] === 'z',
    isActive: row.lv_active.startsWith('active'),
    isOpen: row.lv_device_open === 'open',
  }));

/** `vgs --reportformat json` of one group. Throws StorageError UnexpectedOutput. */
export function parseGroup(text: string): VolumeGroup {
  const [group] = parseReport(text, z.object({ vg: z.array(groupRow).length(1) })).vg;
  if (!group) throw unexpected(text);
  return group;
}

/** `lvs --reportformat json`. Throws StorageError UnexpectedOutput, never an empty list for what it does not know. */
export function parseVolumes(text: string): readonly LogicalVolume[] {
  return parseReport(text, z.object({ lv: z.array(volumeRow) })).lv;
}

function parseReport<T>(text: string, report: z.ZodType<T>): T {
  try {
    const [first] = z.object({ report: z.array(report).length(1) }).parse(JSON.parse(text)).report;
    if (first === undefined) throw unexpected(text);
    return first;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw unexpected(text, error);
  }
}

function unexpected(text: string, cause?: unknown): StorageError {
  return new StorageError('UnexpectedOutput', `LVM printed ${JSON.stringify(text.slice(0, 400))}`, { cause });
}

interface Refusal {
  readonly pattern: RegExp;
  readonly code: StorageErrorCode;
  readonly what: string;
}

/** As LVM 2.03 words them under LC_ALL=C. */
const refusals: readonly Refusal[] = [
  {
    pattern: /insufficient free space|Insufficient suitable|Insufficient free space/,
    code: 'InsufficientSpace',
    what: 'is full',
  },
  {
    pattern: /Volume group "[^"]*" not found|Cannot process volume group/,
    code: 'Misconfigured',
    what: 'is not there',
  },
  { pattern: /Failed to find logical volume/, code: 'Missing', what: 'lacks a logical volume' },
  {
    pattern: /resized only while inactive|in use\b|is used by|Can't open .* exclusively/,
    code: 'Busy',
    what: 'has a logical volume that is in use',
  },
  { pattern: /Permission denied|non-root user/, code: 'PermissionDenied', what: 'may not be changed by this user' },
];

/** What LVM refused and who has to act; null for a refusal that is not known. `option` names the group's option. */
export function refusalOf(stderr: string, group: string, option: string): StorageError | null {
  const refusal = refusals.find(({ pattern }) => pattern.test(stderr));
  if (!refusal) return null;
  const said = stderr.split('\n').filter((line) => refusal.pattern.test(line));
  const words = `volume group ${group} (option ${option}) ${refusal.what}: ${said.join(' ').trim()}`;
  return new StorageError(refusal.code, words);
}
