// A back-end that is paused in an incident: everything that would touch it waits, says so, and goes on after its release.
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { listBackends, pauseBackend, releaseBackend } from '../../workers/cli/backends.ts';
import { orderOperations } from '../../workers/cli/operation-orders.ts';
import { listOperations, showOperation } from '../../workers/cli/operations.ts';
import type { RunningWorker } from '../../workers/roles/run-worker.ts';
import { handleOf, operationOf } from '../support/broken-steps.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../support/invariants.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

/** When each step on the host began; while `held` is set, backups are not written. */
const began: { readonly step: string; readonly at: number }[] = [];
let held: Promise<void> | null = null;
const watch: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute: async (input, next) => {
      if (info.activityType === 'writeBackup') await held;
      const answer = await next(input);
      began.push({ step: info.activityType, at: Date.now() });
      return answer;
    },
  },
});

const host = 'alpha@first';
let lab: Lab;
let api: LabApi;
let control: RunningWorker;
let backend: LabBackend;
let backupStore: string;
let printed: string[];

beforeAll(async () => {
  lab = await startLab({ interceptors: [watch] });
  control = await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  backupStore = await lab.addBackup('alpha');
  api = await serveLab(lab);
}, 120_000);

afterAll(async () => {
  await api?.stop();
  await lab?.stop();
});

beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)));
});
afterEach(() => void vi.restoreAllMocks());

async function made(request = requests.createVolume()): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

/** Pauses it, and waits until its worker knows. */
async function pause(): Promise<void> {
  expect(await pauseBackend(host, { ...api.flags, reason: 'controller B smokes' })).toBe(0);
  await eventually(async () => {
    const { body } = await api.call<{ backend: { in_effect: boolean } }>('GET', `/backends/${host}`);
    expect(body.backend.in_effect).toBe(true);
  });
}

const release = (overS = 0) => releaseBackend(host, { ...api.flags, reason: 'replaced', over: overS });

const waits = /Waiting for back-end alpha@first, paused since \d{4}-.+ by admin \(API, req-.+\): controller B smokes/;

async function waiting(request: AcceptRequest): Promise<void> {
  await eventually(async () => {
    const { state, reason, waitingFor } = await operationOf(lab, request);
    expect({ kind: request.kind, state, reason, waitingFor }).toEqual({
      kind: request.kind,
      ...{ state: 'running', waitingFor: [host] },
      reason: expect.stringMatching(waits),
    });
  }, 20_000);
}

const detailsOf = async (request: AcceptRequest) =>
  (await handleOf(lab, request).query<{ currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails;

it('everything that would touch it waits and says so, across restarts, and ends after its release', async () => {
  const [gone, grown, kept, backedUp, source] = await Promise.all([made(), made(), made(), made(), made()]);
  await pause();
  const [created, snapshot] = [requests.createVolume(), requests.createSnapshot(kept)];
  const wanted = [
    created,
    requests.deleteVolume(gone),
    requests.extendVolume(grown, 1, 2),
    requests.createBackup(backedUp),
    requests.createVolume({ source: { kind: 'volume', volumeId: source } }),
    snapshot,
    ...Array.from({ length: 9 }, () => requests.createSnapshot(kept)),
  ];
  for (const request of wanted) await lab.starter.submit(request);
  for (const request of wanted) await waiting(request);
  expect(await detailsOf(snapshot)).toMatch(
    new RegExp(`^Snapshot 1 GiB, on alpha@first\\n\\n${waits.source}\\..+docs/runbooks/backend-paused.md$`, 's'),
  );
  await listOperations({ ...api.flags, backend: host, state: 'running' });
  expect(printed.filter((line) => line.includes('Waiting for back-end alpha@first'))).toHaveLength(wanted.length);
  printed = [];
  await showOperation(created.operationId, api.flags);
  expect(printed).toContainEqual(expect.stringMatching(/^waits for +back-end alpha@first, see docs\/runbooks/));
  await listBackends(api.flags);
  expect(printed).toContainEqual(expect.stringMatching(/^alpha@first +up +paused +0 running, 15 waiting$/));
  // Every part is started anew; what waits waits on.
  await Promise.all([control.stop(), backend.worker.stop()]);
  control = await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  began.length = 0;
  for (const { workflowId } of wanted.map((request) => handleOf(lab, request))) {
    await lab.temporal.workflow.getHandle(workflowId).signal('released');
  }
  for (const request of wanted) await waiting(request);
  expect(began.filter(({ step }) => step === 'createSnapshot')).toEqual([]);

  expect(await release(4)).toBe(0);
  for (const request of wanted) expect(await ended(lab, request.operationId)).toBe('succeeded');
  const snapshots = began.filter(({ step }) => step === 'createSnapshot').map(({ at }) => at);
  expect(Math.max(...snapshots) - Math.min(...snapshots), 'milliseconds from the first to the last').toBeGreaterThan(
    800,
  );
  expect(await lab.db.operation.count({ where: { NOT: { waitingFor: { equals: [] } } } })).toBe(0);
  await expectNothingLeft(lab, [backend]);
  await expectOnlyWholeBackups(lab, backupStore);
});

it('what waits is aborted at once where nothing was done, and gets its old status back', async () => {
  const [volume, other] = [await made(), await made()];
  await pause();
  const wanted = [requests.createSnapshot(volume), requests.deleteVolume(other), requests.createVolume()];
  for (const request of wanted) await lab.starter.submit(request);
  for (const request of wanted) await waiting(request);
  const ids = wanted.map(({ operationId }) => operationId);
  expect(await orderOperations('retry', ids, api.flags)).toBe(0);
  for (const request of wanted) await waiting(request);
  expect(await orderOperations('abort', ids, { ...api.flags, reason: 'not today' })).toBe(0);
  for (const request of wanted) expect(await ended(lab, request.operationId)).toBe('aborted');
  expect(await lab.db.volume.findUniqueOrThrow({ where: { id: other } })).toMatchObject({ status: 'available' });
  expect(await release()).toBe(0);
  await expectNothingLeft(lab, [backend]);
});

it('a step that has begun goes on, the next one waits, and a retry does not wait for its share of the release', async () => {
  const volume = await made();
  let letGo = (): void => {};
  held = new Promise((resolve) => (letGo = resolve));
  const request = requests.createBackup(volume);
  await lab.starter.submit(request);
  await eventually(async () => expect(await detailsOf(request)).toMatch(/^Back up 1 GiB/));
  await pause();
  held = null;
  letGo();
  await waiting(request);
  expect((await operationOf(lab, request)).reason).toMatch(/^Close the data, on alpha@first: Waiting/);
  expect(await release(3600)).toBe(0);
  await eventually(async () => expect((await operationOf(lab, request)).reason).toMatch(/Released: goes on at \d{4}-/));
  expect(await orderOperations('retry', [request.operationId], api.flags)).toBe(0);
  expect(await ended(lab, request.operationId)).toBe('succeeded');
  await expectNothingLeft(lab, [backend]);
});

it('a new volume goes to another back-end, and one that can only be there waits', async () => {
  const source = await made();
  const other = await lab.addBackend('alpha', 'second');
  await pause();
  const anywhere = requests.createVolume();
  expect(await run(lab, anywhere)).toBe('succeeded');
  expect((await lab.db.volume.findUniqueOrThrow({ where: { id: anywhere.resourceId } })).host).toBe(
    'alpha@second#second',
  );
  const copy = requests.createVolume({ source: { kind: 'volume', volumeId: source } });
  await lab.starter.submit(copy);
  await waiting(copy);
  expect(await release()).toBe(0);
  expect(await ended(lab, copy.operationId)).toBe('succeeded');
  await expectNothingLeft(lab, [backend, other]);
});

it('needs a reason and a back-end that exists, and is released once', async () => {
  const pauseBody = (reason: string) => ({ pause: { reason } });
  expect(await api.call('POST', '/backends/alpha@nothing/action', pauseBody('why'))).toMatchObject({ status: 404 });
  expect(await api.call('POST', `/backends/${host}/action`, pauseBody(' '))).toMatchObject({ status: 400 });
  expect(await api.call('POST', `/backends/${host}/action`, { release: { reason: 'why' } })).toMatchObject({
    status: 409,
  });
  expect(await lab.db.backendPause.findUniqueOrThrow({ where: { host } })).toMatchObject({
    ...{ reason: 'controller B smokes', releaseReason: 'replaced' },
    releasedBy: expect.stringMatching(/^admin \(API, req-/),
  });
});
