// audit: compares the rows with what each back-end and target really has, twice where they differ, and mends what is ours.
import { proxyActivities, setCurrentDetails, sleep, uuid4 } from '@temporalio/workflow';
import type { AuditActivities } from '../activities/audit.ts';
import type { SurveyActivities, SurveyPage } from '../activities/survey.ts';
import type { TargetActivities } from '../activities/target.ts';
import type { VolumeActivities } from '../activities/volume.ts';
import { differenceKey, surveyKinds, type AuditDifference, type SurveyKind } from '../domain/audit-classes.ts';
import { controlQueue, volumeQueue } from '../domain/task-queues.ts';
import { readFailure } from './support/failures.ts';

export interface AuditArgs {
  /** Left out by the schedule: the run makes one. */
  readonly id?: string;
  readonly actor: string;
  readonly repair: boolean;
}

const pageLimit = 5_000;
/** A look that fell between a step and its row is over by then. */
const secondLookAfter = '3 s';

const rows = proxyActivities<AuditActivities>({
  taskQueue: controlQueue,
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 s', maximumInterval: '1 minute' },
});

const hostOptions = (host: string) =>
  ({
    taskQueue: volumeQueue(host),
    startToCloseTimeout: '1 day',
    retry: { initialInterval: '1 s', maximumAttempts: 3 },
  }) as const;

/** Answers how many differences it found. */
export async function audit({ id = uuid4(), actor, repair }: AuditArgs): Promise<number> {
  const places = [];
  const all: AuditDifference[] = [];
  for (const { host, up } of await rows.beginAudit({ id, actor, repair })) {
    setCurrentDetails(`Looking at ${host}`);
    const looked = up
      ? await lookAt(host)
      : { differences: [], objects: 0, error: 'it is down: nothing is known of what it has' };
    const { differences, objects, error } = looked;
    await rows.recordFindings(id, differences);
    all.push(...differences);
    places.push({ place: host, objects, error });
  }
  const inDatabase = await twice(() => rows.compareDatabase());
  await rows.recordFindings(id, inDatabase);
  all.push(...inDatabase);
  places.push({ place: 'database', objects: 0, error: null });
  if (repair) for (const one of all.filter(({ repairable }) => repairable)) await mend(id, one);
  await rows.finishAudit(id, places);
  setCurrentDetails(`${all.length} differences; see scoria audit show ${id}`);
  return all.length;
}

/** Looks once, and at once again where something differs: answers what both looks have found. */
async function twice(look: () => Promise<readonly AuditDifference[]>): Promise<readonly AuditDifference[]> {
  const first = await look();
  if (first.length === 0) return [];
  await sleep(secondLookAfter);
  const keys = new Set((await look()).map(differenceKey));
  return first.filter((one) => keys.has(differenceKey(one)));
}

async function lookAt(host: string) {
  const differences: AuditDifference[] = [];
  let objects = 0;
  try {
    for (const kind of surveyKinds) {
      for (let after: string | null = null; ;) {
        const page: { found: SurveyPage | null } = { found: null };
        differences.push(...(await twice(() => lookAtPage(host, kind, after, page))));
        objects += page.found?.found.length ?? 0;
        if (page.found === null || page.found.last) break;
        after = page.found.found.at(-1)?.id ?? null;
      }
    }
    return { differences, objects, error: null };
  } catch (error) {
    return { differences, objects, error: readFailure(error).message };
  }
}

async function lookAtPage(host: string, kind: SurveyKind, after: string | null, page: { found: SurveyPage | null }) {
  const on = proxyActivities<SurveyActivities>({ ...hostOptions(host), scheduleToStartTimeout: '1 minute' });
  page.found = await on.survey({ kind, after, limit: pageLimit });
  const { found, last } = page.found;
  return rows.compareSurvey({ host, kind, found, after, upTo: last ? null : (found.at(-1)?.id ?? null) });
}

async function mend(auditId: string, difference: AuditDifference): Promise<void> {
  const key = differenceKey(difference);
  setCurrentDetails(`Mending: ${key}`);
  try {
    const done =
      difference.class === 'counter-drift' ? rows.repairCounter(difference) : removeOurs(auditId, difference);
    const mended = await done;
    await rows.recordOutcome(auditId, key, mended ? 'mended' : 'not there any more, or not provably ours', mended);
  } catch (error) {
    await rows.recordOutcome(auditId, key, readFailure(error).message, false);
  }
}

/** Removes storage or an export that the rows prove to be ours and idle, under an epoch that fences off late steps. */
async function removeOurs(auditId: string, { place, resourceType, resourceId: id, ...rest }: AuditDifference) {
  const ours = await rows.proveOurs({ place, resourceType, resourceId: id, ...rest });
  if (ours === null) return false;
  const on = proxyActivities<VolumeActivities & TargetActivities>({
    ...hostOptions(place),
    heartbeatTimeout: '1 minute',
  });
  const claim = { operationId: auditId, epoch: ours.epoch };
  const { sizeGib, volumeId } = ours;
  if (resourceType === 'export') await on.removeExport({ claim, volumeId: id });
  else if (resourceType === 'volume') await on.removeVolume({ claim, volume: { id, sizeGib } });
  else await on.removeSnapshot({ claim, snapshot: { id, volumeId: volumeId ?? id, sizeGib } });
  return true;
}
