// The promise of every route, walked from the route tables with every kind of caller: a project's things are its own.
// A new route is walked without new code here; a new table of projects is filled by itself.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allRoutes } from '../../api/app.ts';
import { justBelow, maximumMicroversion, type Microversion } from '../../api/http/microversion.ts';
import type { Route } from '../../api/http/route.ts';
import { cinderRules } from '../../api/policy/cinder-rules.ts';
import { ownRules } from '../../api/policy/own-rules.ts';
import { serverRoutes } from '../../api/servers/routes.ts';
import type { Json } from '../support/json.ts';
import { exampleBodies } from './support/example-body.ts';
import { asPersona, ownProject, personas, strangeProject, type Persona } from './support/personas.ts';
import { startVolumeLab, type VolumeLab } from './support/volume-lab.ts';
import { watchDatabase, type DatabaseWatch } from './support/whole-database.ts';

/** In everything that belongs to the project; nobody else may ever read it. */
const mark = 'hushhush';
const unknownId = '99999999-9999-4999-8999-999999999999';

let lab: VolumeLab;
let url: string;
let watch: DatabaseWatch;
/** Of the project's own row, by table. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  lab = await startVolumeLab();
  url = await lab.serve([...allRoutes, ...serverRoutes], { operations: lab.starter, authenticate: asPersona });
  watch = await watchDatabase(lab.db);
  await makeOwnThings();
  ids = await watch.fill(ownProject, mark);
}, 120_000);
afterAll(() => lab?.stop());

/** Real rows where requests make them; `fill` makes up the rest. */
async function makeOwnThings(): Promise<void> {
  const named = { name: mark, description: mark, metadata: { [mark]: mark } };
  const volume = await must('POST', '/volumes', { volume: { size: 1, ...named } });
  await lab.starter.settle();
  const volume_id = volume.volume.id as string;
  await must('POST', '/snapshots', { snapshot: { volume_id, ...named } });
  await lab.starter.settle();
  await must('POST', '/backups', { backup: { volume_id, name: mark } });
  await lab.starter.settle();
  await must('POST', '/volume-transfers', { transfer: { volume_id, name: mark } });
  const second = await must('POST', '/volumes', { volume: { size: 1, ...named } });
  await lab.starter.settle();
  await must('POST', '/attachments', { attachment: { volume_uuid: second.volume.id } });
  const type = await must('POST', '/types', { volume_type: { name: mark, 'os-volume-type-access:is_public': false } });
  await must('POST', `/types/${type.volume_type.id}/action`, { addProjectAccess: { project: ownProject } });
}

async function must(method: string, path: string, body: unknown): Promise<Json> {
  const answered = await ask('admin', method, path, body);
  if (answered.status >= 300) throw new Error(`${method} ${path}: ${answered.text}`);
  return answered.text === '' ? null : JSON.parse(answered.text);
}

async function ask(
  persona: Persona,
  method: string,
  path: string,
  body?: unknown,
  version: Microversion = maximumMicroversion,
) {
  const response = await fetch(`${url}/v3${path}`, {
    method,
    headers: {
      'X-Auth-Token': persona,
      'Content-Type': 'application/json',
      'OpenStack-API-Version': `volume ${version}`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** The project's row that a segment of a path, or a property of a body, speaks of; a volume where nothing fits. */
function idFor(word: string): string {
  if (/project/.test(word) || /quota/.test(word)) return ownProject;
  const noun = /(transfer|snapshot|backup|attachment|message|operation|volume|type|\w+)e?s?(_id|_uuid)?$/.exec(
    word.replace(/^os-/, '').replaceAll('-', '_'),
  )?.[1];
  const table = Object.keys(ids).find((name) => noun !== undefined && name.includes(noun) && ids[name] !== '');
  return (table === undefined ? undefined : ids[table]) ?? ids['volumes'] ?? '';
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly version: Microversion;
}

/** The route's requests with this id for whatever belongs to the project: one for each property that can name it. */
function requestsFor(route: Route, idOf: (word: string) => string): readonly Asked[] {
  const path = route.path.replace(/\/([\w-]+)\/:(\w+)/g, (_all, segment: string, name: string) => {
    const isEntry = ['key', 'alias', 'host', 'name'].includes(name);
    return `/${segment}/${isEntry ? mark : idOf(name.endsWith('_id') ? name : segment)}`;
  });
  const valueFor = (property: string): unknown => {
    if (property === 'image_id' && route.action === 'os-reimage') return idOf(property);
    if (/^(group|consistencygroup|image|instance|attachment)_(id|uuid)$|^imageRef$/.test(property)) return undefined;
    return /(_id|_uuid|volid)$/.test(property) ? idOf(property) : undefined;
  };
  const action = route.action === undefined ? undefined : { [route.action]: {} };
  const bodies = route.schema ? exampleBodies(route.schema, valueFor) : [action];
  const version = lastVersionOf(route);
  return bodies.map((body) => ({ method: route.method, path, body: { ...action, ...(body as object) }, version }));
}

const lastVersionOf = ({ before }: Route): Microversion => (before ? justBelow(before) : maximumMicroversion);

const walked = [...allRoutes, ...serverRoutes];
const defaults = { ...cinderRules, ...ownRules } as Readonly<Record<string, readonly string[]>>;
const isForReaders = ({ policy }: Route): boolean =>
  ['@', 'rule:xena_system_admin_or_project_reader'].includes(defaults[policy]?.[0] ?? '');
const titleOf = ({ method, path, action, before }: Route): string =>
  [method, path || '/', action, before].filter(Boolean).join(' ');

async function send(persona: Persona, { method, path, body, version }: Asked) {
  return ask(persona, method, path, method === 'GET' ? undefined : body, version);
}

test('of nearly every route a valid request can be made', () => {
  const without = walked.filter((route) => requestsFor(route, idFor).length === 0).map(titleOf);
  console.log(`${walked.length} routes; without a body of their own: ${without.join(', ') || 'none'}`);
  expect(without.length).toBeLessThan(walked.length / 20);
});

test.each(['stranger', 'strangeReader', 'systemReader', 'roleless'] as const)(
  '%s: nothing of the project is changed, shown or given away by any route',
  async (persona) => {
    const faults: string[] = [];
    const before = await watch.rows([strangeProject]);
    for (const route of walked) {
      const unknown = requestsFor(route, () => unknownId);
      for (const [index, own] of requestsFor(route, idFor).entries()) {
        const answered = await send(persona, own);
        const said = `${answered.status} ${answered.text}`;
        if (answered.status >= 500) faults.push(`${titleOf(route)}: ${said}`);
        if (answered.text.includes(mark) && !own.path.includes(mark)) faults.push(`${titleOf(route)} shows ${said}`);
        const compared = unknown[index];
        // Within its own project Cinder too tells a caller without a role what is there (403) and what not (404).
        if (persona === 'roleless' || !compared) continue;
        const other = await send(persona, compared);
        const [here, there] = [answered, other].map(({ status, text }) => `${status} ${nameless(text)}`);
        if (here !== there) faults.push(`${titleOf(route)}: ${here}, but for nobody's id ${there}`);
      }
      await lab.starter.settle();
      const lost = missing(before, await watch.rows([strangeProject]));
      if (lost.length > 0) faults.push(`${titleOf(route)} changes ${lost.join('; ')}`);
      if (faults.length > 10) break;
    }
    expect(faults).toEqual([]);
  },
);

test('reader: sees, and changes nothing by any route', async () => {
  const faults: string[] = [];
  const before = await watch.rows();
  for (const route of walked) {
    for (const own of requestsFor(route, idFor)) {
      const { status, text } = await send('reader', own);
      if ((!isForReaders(route) && status < 400) || status >= 500) faults.push(`${titleOf(route)}: ${status} ${text}`);
    }
  }
  expect(faults).toEqual([]);
  expect(missing(before, await watch.rows())).toEqual([]);
});

test('member: what Cinder keeps for administrators is refused and changes nothing', async () => {
  const faults: string[] = [];
  const before = await watch.rows();
  for (const route of walked.filter(({ policy }) => defaults[policy]?.[0] === 'rule:admin_api')) {
    for (const own of requestsFor(route, idFor)) {
      const { status, text } = await send('member', own);
      if (![403, 404].includes(status)) faults.push(`${titleOf(route)}: ${status} ${text}`);
    }
  }
  expect(faults).toEqual([]);
  expect(missing(before, await watch.rows())).toEqual([]);
});

test('a list with a marker, a filter or all_tenants says no more of the project than one without', async () => {
  const faults: string[] = [];
  for (const route of walked.filter(({ method, path }) => method === 'GET' && !path.includes(':'))) {
    const version = lastVersionOf(route);
    const query = (id: string): string[] => [
      `?marker=${id}`,
      `?all_tenants=1&project_id=${ownProject}`,
      `?all_tenants=True&name=${mark}`,
    ];
    for (const [index, text] of query(idFor(route.path)).entries()) {
      const answered = await ask('stranger', 'GET', route.path + text, undefined, version);
      const compared = await ask('stranger', 'GET', `${route.path}${query(unknownId)[index]}`, undefined, version);
      if (answered.text.replaceAll(`name=${mark}`, '').includes(mark))
        faults.push(`${route.path}${text}: ${answered.text}`);
      if (nameless(answered.text) !== nameless(compared.text)) faults.push(`${route.path}${text}: ${answered.text}`);
    }
  }
  expect(faults).toEqual([]);
});

test('the administrator, with the same requests, does see and change: the walk reaches what it guards', async () => {
  const statuses: number[] = [];
  for (const route of walked.filter(({ method, path }) => method === 'GET' && path.endsWith(':id'))) {
    for (const own of requestsFor(route, idFor)) statuses.push((await send('admin', own)).status);
  }
  const found = statuses.filter((status) => status < 300).length;
  console.log(`${found} of ${statuses.length} things shown to the administrator`);
  expect(found).toBeGreaterThan(statuses.length / 3);
});

/** Without ids, times and what counts up: what is left is the same for every id that is nothing to the caller. */
function nameless(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, '<id>')
    .replaceAll(ownProject, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+/g, '<time>');
}

/** Rows that were there and are not any more, as they were. */
function missing(before: readonly string[], after: readonly string[]): readonly string[] {
  const now = new Set(after);
  return before.filter((row) => !now.has(row));
}

test('every persona is walked, or owns what is walked over', () => {
  expect(Object.keys(personas).sort()).toEqual(
    ['admin', 'member', 'reader', 'roleless', 'strangeReader', 'stranger', 'systemReader'].sort(),
  );
});
