// One blow at one or several cells: their operations are brought to their boundaries, struck together, and followed.
import { setTimeout as delay } from 'node:timers/promises';
import type { AcceptRequest } from '../../../prisma/store/operations/accept-types.ts';
import { expectClean } from '../support/clean.ts';
import type { Aftermath, Fault, Target } from '../support/faults.ts';
import { reset } from '../support/reset.ts';
import { endOf, mustBeDone, type Cell, type Ending } from './cell.ts';
import { labOf, leftConnected, workflowOf, type Ground } from './discover.ts';

const arriveMs = 120_000;
/** A step in the control worker may take 5 s in all (workflows/support/control.ts): nobody is held much longer. */
const heldMs = 3_000;
const cleanMs = 60_000;

interface Struck {
  readonly cell: Cell;
  readonly request: AcceptRequest;
  readonly target: Target;
}

/**
 * Strikes cells of one fault on an empty lab and leaves it empty. Answers how each ended, null for one whose boundary
 * nobody came to before the blow. Throws what is wrong, whichever cell is to blame; the lab is left as it is then.
 */
export async function strike(
  ground: Ground,
  cells: readonly Cell[],
  chanceOf: (cell: Cell) => number,
): Promise<readonly (Ending | null)[]> {
  const [first] = cells;
  if (first === undefined) return [];
  const struck = await bringTogether(ground, cells, chanceOf);
  const present = struck.filter((one) => one !== null);
  if (present.length === 0) throw new Error('no worker came to the boundary');
  const endings = await endingsOf(ground, first.fault, present);
  const connected = present.flatMap(({ request }) => leftConnected(request));
  await expectClean(ground.plant, ground.data, cleanMs, connected);
  await reset(ground.plant, ground.data);
  return struck.map((one) => (one === null ? null : (endings.get(one) ?? null)));
}

async function endingsOf(
  ground: Ground,
  fault: Fault,
  struck: readonly Struck[],
): Promise<ReadonlyMap<Struck, Ending>> {
  let aftermath: Aftermath | null = null;
  try {
    const after = await fault.strike({ plant: ground.plant, targets: struck.map(({ target }) => target) });
    aftermath = after;
    const all = await Promise.all(
      struck.map(async (one) => [one, await endOf(ground, one.cell, one.request, after)] as const),
    );
    await after.finish?.();
    await after.heal();
    for (const [{ cell, request }, ending] of all) await mustBeDone(ground, cell, request, ending);
    return new Map(all);
  } finally {
    await aftermath?.heal();
  }
}

/** Every operation under way and held where it is to be struck; null for one that did not get there in time. */
async function bringTogether(
  ground: Ground,
  cells: readonly Cell[],
  chanceOf: (cell: Cell) => number,
): Promise<readonly (Struck | null)[]> {
  const lab = labOf(ground);
  const requests = await Promise.all(cells.map((cell) => cell.scenario.prepare(lab)));
  const watched = requests.map((request) => ground.plant.gate.watch(workflowOf(request)));
  const struck: (Struck | null)[] = cells.map(() => null);
  const isLocal = (cell: Cell): boolean => cell.boundary.role === 'control';
  const bring = async (index: number): Promise<void> => {
    const [cell, request, own] = [cells[index], requests[index], watched[index]];
    if (!cell || !request || !own) return;
    const trapped = own.trap(cell.boundary, cell.moment);
    await lab.starter.submit(request);
    const hit = await trapped;
    struck[index] = { cell, request, target: { ...cell, hit, watched: own, chance: chanceOf(cell) } };
  };
  const indexes = cells.map((_, index) => index);
  const onHosts = indexes.filter((index) => !isLocal(cells[index] ?? cells[0] ?? never()));
  const local = indexes.filter((index) => !onHosts.includes(index));
  await inTime(Promise.all(onHosts.map(bring)), arriveMs);
  const bringing = local.map(bring);
  if (bringing.length > 0) await inTime(Promise.any(bringing), arriveMs);
  await inTime(Promise.all(bringing), heldMs);
  for (const one of watched) one.disarm();
  return struck;
}

function never(): never {
  throw new RangeError('no cells');
}

/** Gives up waiting, and no more than that. */
async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
