// Every figure the bench prints: its words, its unit, which way is better, and the target it is held to.
import type { MeasureName } from './options.ts';

interface Figure {
  readonly measure: MeasureName;
  readonly title: string;
  readonly unit: 'ms' | '/s' | 'MB/s';
  readonly better: 'lower' | 'higher';
  /** How many times better than Cinder's it has to be; absent where nothing was promised. */
  readonly target?: number;
}

export const figures = {
  acceptP50: { measure: 'create', title: 'accept, p50, 1 at a time', unit: 'ms', better: 'lower', target: 5 },
  acceptP95: { measure: 'create', title: 'accept, p95, 1 at a time', unit: 'ms', better: 'lower' },
  createP50: {
    measure: 'create',
    title: 'create → available, p50, 1 at a time',
    unit: 'ms',
    better: 'lower',
    target: 3,
  },
  availableP50: { measure: 'create', title: 'accepted → available, p50, 1 at a time', unit: 'ms', better: 'lower' },
  burstAcceptP50: { measure: 'burst', title: 'accept, p50, in the burst', unit: 'ms', better: 'lower', target: 5 },
  burstAcceptP95: { measure: 'burst', title: 'accept, p95, in the burst', unit: 'ms', better: 'lower' },
  burstAvailableP50: {
    measure: 'burst',
    title: 'accepted → available, p50, in the burst',
    unit: 'ms',
    better: 'lower',
  },
  burstAcceptedPerS: { measure: 'burst', title: 'accepted, in the burst', unit: '/s', better: 'higher' },
  burstAvailablePerS: { measure: 'burst', title: 'available, in the burst', unit: '/s', better: 'higher', target: 5 },
  burstCpuMs: { measure: 'burst', title: 'CPU of all processes, a volume, in the burst', unit: 'ms', better: 'lower' },
  deletedPerS: { measure: 'burst', title: 'deleted, in a burst of deletes', unit: '/s', better: 'higher' },
  listP50: { measure: 'list', title: 'detail, first 1,000 rows, p50', unit: 'ms', better: 'lower', target: 10 },
  listP95: { measure: 'list', title: 'detail, first 1,000 rows, p95', unit: 'ms', better: 'lower' },
  listPagesP50: {
    measure: 'list',
    title: 'detail, all rows by marker, a page',
    unit: 'ms',
    better: 'lower',
    target: 10,
  },
  backupRate: { measure: 'backup', title: 'backup of 1 GiB random', unit: 'MB/s', better: 'higher' },
  restoreRate: { measure: 'backup', title: 'restore of 1 GiB random', unit: 'MB/s', better: 'higher' },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof figures;

export const figureNames = Object.keys(figures) as FigureName[];

export const figureOf = (name: FigureName): Figure => figures[name];

/** What one measure of one side in one round found. */
export type Findings = Partial<Record<FigureName, number>>;

/** How many times better ours is than theirs. */
export function factorOf(name: FigureName, ours: number, theirs: number): number {
  return figures[name].better === 'lower' ? theirs / ours : ours / theirs;
}
