// Understands what rbd(8) and ceph(8) print: their reports in JSON, how far they are, and their refusals.
import { z } from 'zod';
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';

const count = z.number().int().min(0);
const yes = z
  .enum(['true', 'false'])
  .optional()
  .transform((word) => word === 'true');

const parent = z.object({
  pool: z.string().min(1),
  pool_namespace: z.string().default(''),
  image: z.string().min(1),
  snapshot: z.string().min(1),
});

const image = z
  .object({
    name: z.string().min(1),
    size: count,
    snapshot_count: count,
    protected: yes,
    parent: parent.optional(),
  })
  .transform((found) => ({
    name: found.name,
    sizeBytes: found.size,
    snapshots: found.snapshot_count,
    /** Of the snapshot that was asked for. */
    isProtected: found.protected,
    parent: found.parent ?? null,
  }));
export type Image = z.infer<typeof image>;

/** `rbd info` of an image or a snapshot. All of these throw StorageError UnexpectedOutput. */
export const parseImage = (text: string): Image => parsed(text, image);

const listed = z
  .object({
    image: z.string().min(1),
    snapshot: z.string().min(1).optional(),
    size: count,
    protected: yes,
  })
  .transform((row) => ({
    image: row.image,
    snapshot: row.snapshot ?? null,
    sizeBytes: row.size,
    isProtected: row.protected,
  }));
export type Listed = z.infer<typeof listed>;

/** `rbd ls --long`: images, and below each its snapshots. */
export const parseList = (text: string): readonly Listed[] => parsed(text, z.array(listed));

const snapshot = z
  .object({ name: z.string().min(1), size: count, namespace: z.object({ type: z.string() }).optional() })
  .transform(({ name, size, namespace }) => ({
    name,
    sizeBytes: size,
    /** False for one that was deleted and stays for its clones (clone format 2), and for those of mirroring. */
    isVisible: namespace === undefined || namespace.type === 'user',
  }));
export type Snapshot = z.infer<typeof snapshot>;

/** `rbd snap ls --all`. */
export const parseSnapshots = (text: string): readonly Snapshot[] => parsed(text, z.array(snapshot));

const child = z.object({ pool: z.string().min(1), pool_namespace: z.string().default(''), image: z.string().min(1) });

/** `rbd children`: names of the clones, as `pool/image` or `pool/namespace/image`. */
export const parseChildren = (text: string): readonly string[] =>
  parsed(text, z.array(child)).map((one) => [one.pool, one.pool_namespace, one.image].filter(Boolean).join('/'));

/** `10.0.0.1:6789/0`, `[fe80::1]:6789/0`. */
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d+\/\d+$/)
  .transform((text) => {
    const place = text.slice(0, text.lastIndexOf('/'));
    const colon = place.lastIndexOf(':');
    return { host: place.slice(0, colon).replace(/^\[|\]$/g, ''), port: place.slice(colon + 1) };
  });
const monitors = z.object({ fsid: z.string().min(1), mons: z.array(z.object({ addr: address })).min(1) });

export interface Monitors {
  readonly fsid: string;
  readonly addresses: readonly { readonly host: string; readonly port: string }[];
}

/** `ceph mon dump`. */
export function parseMonitors(text: string): Monitors {
  const { fsid, mons } = parsed(text, monitors);
  return { fsid, addresses: mons.map(({ addr }) => addr) };
}

const use = z.object({
  stats: z.object({ total_bytes: count }),
  pools: z.array(
    z.object({ name: z.string(), stats: z.object({ stored: count.optional(), bytes_used: count, max_avail: count }) }),
  ),
});

export interface PoolUse {
  readonly clusterBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
}

/** `ceph df`, of one pool; null when the manager has not reported about it yet. */
export function parseUse(text: string, pool: string): PoolUse | null {
  const { stats, pools } = parsed(text, use);
  const found = pools.find(({ name }) => name === pool)?.stats;
  if (!found) return null;
  // Since Nautilus `stored` is what was written, and `bytes_used` what its replicas take.
  const usedBytes = found.stored ?? found.bytes_used;
  return { clusterBytes: stats.total_bytes, usedBytes, freeBytes: found.max_avail };
}

/** `ceph osd pool get-quota`; 0 is none. */
export const parseQuotaBytes = (text: string): number =>
  parsed(text, z.object({ quota_max_bytes: count })).quota_max_bytes;

const watcher = z.object({ address: z.string() });

/** `rbd status`: addresses of those that have the image open. */
export const parseWatchers = (text: string): readonly string[] =>
  parsed(text, z.object({ watchers: z.array(watcher) })).watchers.map(({ address: from }) => from);

/** The last `… 12% complete...` of what was printed, from 0 to 1; null where there is none. */
export function parseProgress(text: string): number | null {
  const percent = [...text.matchAll(/(\d{1,3})% complete/g)].at(-1)?.[1];
  return percent === undefined ? null : Number(percent) / 100;
}

function parsed<T>(text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new StorageError('UnexpectedOutput', `Ceph printed ${JSON.stringify(text.slice(0, 400))}`, { cause: error });
  }
}

interface Refusal {
  readonly pattern: RegExp;
  /** Where the words alone do not tell: errno(3), which rbd gives as its exit code. */
  readonly exitCodes?: readonly number[];
  readonly code: StorageErrorCode;
  /** What comes before Ceph's own words; the option that decides about it. */
  readonly what: string;
}

/** As Ceph 16 to 19 word them; the first that fits counts. */
const refusals: readonly Refusal[] = [
  {
    pattern: /unable to open config file|error parsing config|conf_read_file|did not load config file/,
    code: 'Misconfigured',
    what: 'the configuration (option rbd_ceph_conf) cannot be read',
  },
  {
    pattern:
      /unable to find a keyring|handle_auth_bad_method|error connecting.*(EACCES|EPERM|\(13\)|\(1\))|ObjectNotFound.*connecting/,
    code: 'PermissionDenied',
    what: 'the cluster lets this client (option rbd_user) not in',
  },
  {
    // EPERM, ENOENT (no keyring), EACCES.
    pattern: /couldn't connect to the cluster/,
    exitCodes: [1, 2, 13],
    code: 'PermissionDenied',
    what: 'the cluster lets this client (option rbd_user) not in',
  },
  {
    pattern:
      /couldn't connect to the cluster|error connecting to the cluster|timed out|\(110\)|Cannot send after|ETIMEDOUT/,
    code: 'Unreachable',
    what: 'the cluster (option rbd_ceph_conf) does not answer',
  },
  {
    pattern: /error opening pool|unrecognized pool/,
    code: 'Misconfigured',
    what: 'the pool (option rbd_pool) cannot be opened',
  },
  {
    pattern: /\((28|122)\)|No space left|[Dd]isk quota exceeded/,
    code: 'InsufficientSpace',
    what: 'the pool (option rbd_pool) is full',
  },
  { pattern: /\(16\)|still has watchers/, code: 'Busy', what: 'something has it open' },
  {
    pattern: /\((13|1)\)|EACCES|EPERM|not permitted/,
    code: 'PermissionDenied',
    what: 'this client (option rbd_user) may not do that',
  },
  { pattern: /\(2\) No such file/, code: 'Missing', what: 'it is not there' },
];

/** What Ceph refused and who has to act; null for a refusal that is not known. */
export function refusalOf(
  { stderr, exitCode }: { readonly stderr: string; readonly exitCode: number },
  where: string,
): StorageError | null {
  const refusal = refusals.find(
    ({ pattern, exitCodes }) => pattern.test(stderr) && (exitCodes?.includes(exitCode) ?? true),
  );
  if (!refusal) return null;
  const said = stderr.split(/[\r\n]+/).filter((line) => refusal.pattern.test(line));
  return new StorageError(refusal.code, `${where}: ${refusal.what}: ${said.slice(-2).join(' ').trim()}`);
}
