// Lists with details, a thousand rows a page, over a project that SQL has filled.
import type { Findings } from '../figures.ts';
import type { BenchOptions } from '../options.ts';
import type { Side } from '../side.ts';
import { median, quantile } from '../statistics.ts';
import { createVolume, CreationWatch } from '../volumes.ts';

const pageRows = 1000;
const path = `/volumes/detail?limit=${pageRows}`;

interface Page {
  readonly volumes: readonly { readonly id: string }[];
}

/** Fills the shelf once; what an earlier run has filled is used again. */
export async function prepareList(side: Side, { rows, pollMs }: Pick<BenchOptions, 'rows' | 'pollMs'>): Promise<void> {
  const { text } = await side.shelf.ask('GET', '/volumes?limit=1&sort=created_at:asc');
  const first = (JSON.parse(text) as Page).volumes[0];
  await side.fill(first?.id ?? (await makeSeed(side, pollMs)), rows);
}

async function makeSeed({ shelf }: Side, pollMs: number): Promise<string> {
  const seed = await createVolume(shelf, 'seed');
  const watch = new CreationWatch(shelf, pollMs, 'one');
  watch.add(seed);
  await watch.untilAllAvailable(Promise.resolve());
  return seed.id;
}

/** The first page again and again, then one walk through all pages. */
export async function measureLists(
  { shelf }: Side,
  { lists, rows }: Pick<BenchOptions, 'lists' | 'rows'>,
): Promise<Findings> {
  const times: number[] = [];
  // The first request is the warm-up.
  for (let n = 0; n <= lists; n += 1) {
    const { text, elapsedMs } = await shelf.ask('GET', path);
    mustBeFull(text, Math.min(rows, pageRows));
    if (n > 0) times.push(elapsedMs);
  }
  const pages: number[] = [];
  for (let marker = ''; pages.length * pageRows < rows;) {
    const { text, elapsedMs } = await shelf.ask('GET', `${path}${marker}`);
    const last = mustBeFull(text, Math.min(rows - pages.length * pageRows, pageRows));
    marker = `&marker=${last}`;
    pages.push(elapsedMs);
  }
  return { listP50: median(times), listP95: quantile(times, 0.95), listPagesP50: median(pages) };
}

/** Answers the last row's id. */
function mustBeFull(text: string, rows: number): string {
  const { volumes } = JSON.parse(text) as Page;
  const last = volumes.at(-1);
  if (volumes.length < rows || !last) throw new Error(`a page of ${volumes.length} rows instead of ${rows}`);
  return last.id;
}
