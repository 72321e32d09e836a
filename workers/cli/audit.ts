// `scoria audit`: asks for a comparison of the rows with what is really there, waits for it, and prints what differs.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { auditClasses } from '../../domain/audit-classes.ts';
import { call, connect, type ApiConnection, type ApiFlags } from './api-client.ts';

const auditSchema = z.object({
  audit: z.object({
    id: z.string(),
    state: z.string(),
    places: z.array(z.object({ place: z.string(), objects: z.number(), error: z.string().nullable() })),
  }),
});

const findingsSchema = z.object({
  findings: z.array(
    z.object({
      key: z.string(),
      class: z.string(),
      place: z.string(),
      resource_type: z.string(),
      resource_id: z.string(),
      detail: z.string(),
      state: z.string(),
      outcome: z.string().nullable(),
    }),
  ),
});

type Finding = z.infer<typeof findingsSchema>['findings'][number];

const pollMs = 500;
const pageLimit = 1000;

/** Answers 0 when nothing differs or all of it was mended, 1 when something is left, or a place could not be looked at. */
export async function audit(flags: ApiFlags & { readonly repair?: boolean }): Promise<number> {
  const connection = await connect(flags);
  const asked = auditSchema.parse(
    await call(connection, 'POST', '/audits', { audit: { repair: flags.repair === true } }),
  );
  const { id } = asked.audit;
  console.log(`audit ${id}`);
  const done = await finished(connection, id);
  for (const { place, objects, error } of done.places) {
    console.log(`${place.padEnd(30)} ${error === null ? `${objects} objects looked at` : `NOT LOOKED AT: ${error}`}`);
  }
  const findings = await readFindings(connection, id);
  print(findings);
  const left = findings.filter(({ state }) => state !== 'repaired');
  const repairable = left.filter(({ state }) => state === 'repairable').length;
  console.log(`${findings.length} differences, ${findings.length - left.length} mended, ${left.length} left`);
  if (repairable > 0) console.log(`${repairable} can be mended safely: scoria audit --repair`);
  return left.length > 0 || done.state !== 'done' ? 1 : 0;
}

async function finished(connection: ApiConnection, id: string) {
  for (;;) {
    const { audit: now } = auditSchema.parse(await call(connection, 'GET', `/audits/${id}`));
    if (now.state !== 'accepted' && now.state !== 'running') return now;
    await delay(pollMs);
  }
}

async function readFindings(connection: ApiConnection, id: string): Promise<Finding[]> {
  const all: Finding[] = [];
  for (;;) {
    const marker = all.at(-1)?.key;
    const query = new URLSearchParams({ limit: String(pageLimit), ...(marker ? { marker } : {}) });
    const { findings } = findingsSchema.parse(
      await call(connection, 'GET', `/audits/${id}/findings?${query.toString()}`),
    );
    all.push(...findings);
    if (findings.length < pageLimit) return all;
  }
}

/** By class: what it means once, then what is affected. */
function print(findings: readonly Finding[]): void {
  for (const [name, meaning] of Object.entries(auditClasses)) {
    const some = findings.filter((finding) => finding.class === name);
    if (some.length === 0) continue;
    console.log(`\n${name.toUpperCase()} (${some.length}): ${meaning}`);
    for (const { place, resource_type: type, resource_id: id, detail, state, outcome } of some) {
      console.log(`  ${place.padEnd(28)} ${type} ${id}  ${detail}  [${outcome ?? state}]`);
    }
  }
  if (findings.length > 0) console.log('');
}
