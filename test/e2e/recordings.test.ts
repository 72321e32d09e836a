// Everything recorded of a real Cinder is asked again of everything started as a user starts it, and answered alike.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type Database } from '../../prisma/store/database/client.ts';
import { logInWithProject } from '../../workers/embedded/keystone-client.ts';
import type { LaunchFacts, Launched } from '../../workers/embedded/launch-options.ts';
import { launch } from '../../workers/embedded/launcher.ts';
import { keystonePasswordsIn, openStateDirectory } from '../../workers/embedded/state-directory.ts';
import { whyNoTarget } from '../../workers/embedded/target-server.ts';
import { eventually } from '../support/eventually.ts';
import { readAllRecordings, Replayer, type Recording } from '../support/golden.ts';
import { beforeAllRecordings, beforeRecording, project, sender, type Between } from './support/between-recordings.ts';
import { wrongDifferences } from './support/right-differences.ts';

const reason = await whyNoTarget();
if (reason !== null) console.warn(`skipped: volumes cannot be connected here: ${reason}`);

/** The configuration under which another implementation looks like the recorded Cinder. */
const configFile = fileURLToPath(new URL('../fixtures/golden.conf', import.meta.url));

let directory: string;
let launched: Launched | undefined;
let db: Database | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-recordings-'));
});

async function start(withKeystone: boolean): Promise<{ facts: LaunchFacts; db: Database }> {
  await stop();
  const anyPorts = { apiPort: 0, temporalPort: 0, temporalUiPort: 0, postgresPort: 0, keystonePort: 0 };
  const quiet = { say: () => {}, signal: new AbortController().signal };
  const stateDir = join(directory, withKeystone ? 'keystone' : 'noauth');
  launched = await launch({ stateDir, configFile, withKeystone, ...anyPorts, ...quiet });
  db = createDatabase(launched.facts.databaseUrl, { poolSize: 2 });
  return { facts: launched.facts, db };
}

async function stop(): Promise<void> {
  await db?.$disconnect();
  await launched?.stop();
  [db, launched] = [undefined, undefined];
}

afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

/** The recorder, too, waited until what it had asked for had come to rest. */
const atRest = (rows: Database): Promise<void> =>
  eventually(async () => {
    const busy = await rows.operation.findMany({ where: { state: { in: ['accepted', 'running'] } } });
    if (busy.length > 0) throw new Error(`still busy: ${JSON.stringify(busy.map(({ kind, step }) => [kind, step]))}`);
  }, 120_000);

async function differences(recordings: readonly Recording[], between: Between) {
  const found: Record<string, readonly string[]> = {};
  for (const recording of recordings) {
    await beforeRecording(recording.file, between);
    await atRest(between.db);
    const wrong = wrongDifferences(recording.file, await between.replayer.replay(recording));
    await atRest(between.db);
    if (wrong.length > 0) found[recording.file] = wrong;
  }
  return found;
}

test.skipIf(reason !== null)('all 374 recorded answers to one administrator are given again', async () => {
  const { facts, ...rows } = await start(false);
  const replayer = new Replayer(facts.apiUrl);
  const send = sender(`${facts.apiUrl}/v3/${project}`, { 'X-Auth-Token': `admin:${project}` });
  await beforeAllRecordings({ ...rows, send });
  const recordings = await readAllRecordings('noauth');
  expect(recordings).toHaveLength(374);
  expect(await differences(recordings, { ...rows, replayer, send })).toEqual({});
});

test.skipIf(reason !== null)('all 33 recorded answers that depend on who asks are given again', async () => {
  const { facts, ...rows } = await start(true);
  const replayer = new Replayer(facts.apiUrl);
  await beforeAllRecordings({ ...rows, send: sender(facts.volumeEndpoint, { 'X-Auth-Token': facts.token }) });
  await logEverybodyIn(facts, replayer);
  const recordings = await readAllRecordings('keystone');
  expect(recordings).toHaveLength(33);
  const send = () => Promise.reject(new Error('nothing is asked in between'));
  expect(await differences(recordings, { ...rows, replayer, send })).toEqual({});
});

/** Who the recorded tokens were for; two of the paths name a project before any answer does. */
async function logEverybodyIn({ keystoneUrl, stateDir }: LaunchFacts, replayer: Replayer): Promise<void> {
  const passwords = await keystonePasswordsIn(await openStateDirectory(stateDir));
  const logIn = (user: string, password: string, name: string) =>
    logInWithProject(keystoneUrl ?? '', { user, password, scope: { project: name } });
  const admin = await logIn('admin', passwords.admin, 'admin');
  const demo = await logIn('demo', passwords.demo, 'demo');
  const service = await logIn('scoria', passwords.service, 'service');
  replayer.know('<admin-token>', admin.token);
  replayer.know('<demo-member-token>', demo.token);
  replayer.know('<service-token>', service.token);
  replayer.knowId('5a4268532b4a4692bf8577eef0b6ee9f', demo.projectId);
  replayer.knowId('498cac07889444449d5a818ca4f21e09', admin.projectId);
}
