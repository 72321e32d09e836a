// An operator's hands: orders through REST, the command line and Temporal; steps left out; the history of who did what.
import { rename } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { orderOperations } from '../../workers/cli/operation-orders.ts';
import { showOperation } from '../../workers/cli/operations.ts';
import { BrokenSteps, handleOf, historyOf, operationOf, pausedFor } from '../support/broken-steps.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../support/invariants.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

const broken = new BrokenSteps();
let lab: Lab;
let api: LabApi;
let backend: LabBackend;
let backupStore: string;
let printed: string[];

beforeAll(async () => {
  lab = await startLab({ interceptors: [broken.interceptor], serviceDownTimeS: 8 });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  backupStore = await lab.addBackup('alpha');
  api = await serveLab(lab);
}, 120_000);

afterAll(async () => {
  await api?.stop();
  await lab?.stop();
});

beforeEach(() => {
  broken.clear();
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)));
});

afterEach(() => void vi.restoreAllMocks());

async function made(request = requests.createVolume()): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

const volumeOf = (id: string) => lab.db.volume.findUniqueOrThrow({ where: { id } });

it('fifty operations that paused because a back-end was down are all brought to their end by one command', async () => {
  const wanted: string[] = [];
  while (wanted.length < 50) wanted.push(...(await Promise.all(Array.from({ length: 10 }, () => made()))));
  const hidden = `${backend.directory}.hidden`;
  const snapshots = wanted.map((id) => requests.createSnapshot(id));
  await rename(backend.directory, hidden);
  try {
    await Promise.all(snapshots.map((request) => lab.starter.submit(request)));
    await eventually(
      async () => expect(await lab.db.operation.count({ where: { state: 'paused' } })).toBe(50),
      180_000,
    );
  } finally {
    await rename(hidden, backend.directory);
  }
  const flags = {
    ...api.flags,
    kind: 'snapshotCreate',
    backend: 'alpha@first',
    cause: 'Missing',
    reason: 'it is back',
  };
  expect(await orderOperations('retry', [], flags)).toBe(0);
  expect(printed.at(-1)).toBe('50 found; nothing has been done. Add --yes to retry them.');
  expect(await lab.db.operation.count({ where: { state: 'paused' } })).toBe(50);
  expect(await orderOperations('retry', [], { ...flags, olderThan: 3600, yes: true })).toBe(0);
  expect(await lab.db.operation.count({ where: { state: 'paused' } })).toBe(50);
  expect(await orderOperations('retry', [], { ...flags, yes: true })).toBe(0);
  expect(printed.at(-1)).toBe('50 of 50: 50 accepted, 0 refused');
  for (const request of snapshots) expect(await ended(lab, request.operationId)).toBe('succeeded');
  for (const request of snapshots) {
    expect((await historyOf(lab, request)).filter((line) => line.startsWith('retried'))).toEqual([
      expect.stringMatching(/^retried by admin \(API, req-.+\): it is back$/),
    ]);
  }
  await expectNothingLeft(lab, [backend]);
});

describe('skip', () => {
  it('a delete whose disk is dead ends when its removal is left out, and says what that cost', async () => {
    const id = await made();
    const request = requests.deleteVolume(id);
    await broken.pauseAt(lab, request, 'removeVolume');
    const shown = await api.call<{ operation: { paused: object } }>('GET', `/operations/${request.operationId}`);
    expect(shown.body.operation.paused).toMatchObject({
      cause: 'PermissionDenied',
      host: 'alpha@first',
      step: 'removeVolume on alpha@first: Erase and remove the volume',
      can_be_skipped: { lost: expect.stringContaining('neither erased nor removed') },
      runbook: 'docs/runbooks/permission-denied.md',
    });
    broken.add('removeVolume');
    const skip = { skip: { reason: 'the disk is scrap' } };
    expect(await api.call('POST', `/operations/${request.operationId}/action`, skip)).toMatchObject({ status: 202 });
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    expect((await volumeOf(id)).status).toBe('deleted');
    expect(await historyOf(lab, request)).toEqual([
      'accepted by tester: req-test',
      'claimed by api',
      expect.stringMatching(/^paused by scoria: Erase and remove the volume, on alpha@first: removeVolume is broken/),
      expect.stringMatching(/^skipped by admin .+: removeVolume on alpha@first: Erase and .+; the disk is scrap$/),
      expect.stringMatching(/^succeeded by admin/),
    ]);
    // What stays in the storage is what the page says: an audit finds it.
    expect((await backend.driver.listObjects()).volumeIds).toContain(id);
    const step = {
      operationId: request.operationId,
      epoch: 1,
      signal: AbortSignal.timeout(60_000),
      reportProgress: () => {},
    };
    await backend.driver.deleteVolume(step, { id, sizeGib: 1 });
    await expectNothingLeft(lab, [backend]);
  });

  it('an undo that can never work is left out, and the abort goes on to its end', async () => {
    const backup = requests.createBackup(await made());
    await broken.pauseAt(lab, backup, 'writeBackup');
    broken.add('removeBackup');
    await eventually(() => handleOf(lab, backup).executeUpdate('abort', { args: [{ actor: 'tester' }] }));
    await pausedFor(lab, backup, /^Undoing: remove the backup's objects: removeBackup is broken/);
    expect(await orderOperations('skip', [backup.operationId], { ...api.flags, reason: 'no store' })).toBe(0);
    expect(await ended(lab, backup.operationId)).toBe('aborted');
    broken.clear();
    await eventually(() => expectNothingLeft(lab, [backend]));
    await expectOnlyWholeBackups(lab, backupStore);
  });

  it('a step that makes something cannot be left out, and nothing changes', async () => {
    const create = requests.createSnapshot(await made());
    await broken.pauseAt(lab, create, 'createSnapshot');
    const answer = await api.call('POST', `/operations/${create.operationId}/action`, { skip: { reason: 'why not' } });
    expect(answer).toMatchObject({
      status: 409,
      body: {
        conflictingRequest: { message: expect.stringContaining('this step cannot be left out: createSnapshot') },
      },
    });
    expect((await operationOf(lab, create)).state).toBe('paused');
    await api.call('POST', `/operations/${create.operationId}/action`, { retry: {} });
    expect(await ended(lab, create.operationId)).toBe('succeeded');
    await expectNothingLeft(lab, [backend]);
  });

  it('a step that waits for a host that is gone for ever is left out; one whose host is up is not', async () => {
    const id = await made();
    await backend.worker.stop();
    const request = requests.deleteVolume(id);
    await lab.starter.submit(request);
    const skip = () => handleOf(lab, request).executeUpdate('skip', { args: [{ actor: 'tester', reason: 'burnt' }] });
    await eventually(skip);
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    expect((await historyOf(lab, request)).some((line) => line.startsWith('skipped by tester: removeVolume'))).toBe(
      true,
    );
    backend = await lab.addBackend('alpha', 'first');
    const step = {
      operationId: request.operationId,
      epoch: 1,
      signal: AbortSignal.timeout(60_000),
      reportProgress: () => {},
    };
    await backend.driver.deleteVolume(step, { id, sizeGib: 1 });
    await expectNothingLeft(lab, [backend]);
  });
});

describe('through Temporal', () => {
  it('a signal says who and why in JSON, and the history keeps it', async () => {
    const retried = requests.createSnapshot(await made());
    await broken.pauseAt(lab, retried, 'createSnapshot');
    const deleted = requests.deleteVolume(await made());
    await broken.pauseAt(lab, deleted, 'removeVolume');
    const aborted = requests.createSnapshot(await made());
    await broken.pauseAt(lab, aborted, 'createSnapshot');
    const order = { actor: 'rita', reason: 'told so' };
    // Until it has been taken: the workflow may still be on its way into the pause.
    const signal = (request: typeof retried, name: string, end: string, input: unknown = order) =>
      eventually(async () => {
        if ((await operationOf(lab, request)).state === 'paused') await handleOf(lab, request).signal(name, input);
        expect((await operationOf(lab, request)).state).toBe(end);
      });
    await signal(retried, 'retry', 'succeeded');
    await signal(aborted, 'abort', 'aborted', 'only a text');
    broken.add('removeVolume');
    await signal(deleted, 'skip', 'succeeded');
    broken.clear();
    expect(await historyOf(lab, retried)).toContain('retried by rita: told so');
    expect(await historyOf(lab, aborted)).toContain('aborting by someone through Temporal: only a text');
    expect(
      (await historyOf(lab, deleted)).some((line) => /^skipped by rita: removeVolume.*; told so$/.test(line)),
    ).toBe(true);
    const step = {
      operationId: deleted.operationId,
      epoch: 1,
      signal: AbortSignal.timeout(60_000),
      reportProgress: () => {},
    };
    await backend.driver.deleteVolume(step, { id: deleted.resourceId, sizeGib: 1 });
    await expectNothingLeft(lab, [backend]);
  });
});

it('show prints the cause, its page, what can be skipped, and the history', async () => {
  const request = requests.deleteVolume(await made());
  await broken.pauseAt(lab, request, 'removeVolume');
  expect(await showOperation(request.operationId, api.flags)).toBe(0);
  const text = printed.join('\n');
  expect(text).toMatch(/^cause +PermissionDenied, see docs\/runbooks\/permission-denied\.md$/m);
  expect(text).toMatch(/^can skip +removeVolume on alpha@first/m);
  expect(text).toMatch(/accepted by tester/);
  await api.call('POST', `/operations/${request.operationId}/action`, { retry: { reason: 'mended' } });
  expect(await ended(lab, request.operationId)).toBe('succeeded');
  await expectNothingLeft(lab, [backend]);
});

it.each([
  ['?state=stuck', 400],
  ['?older_than_s=-1', 400],
  ['?cause=Missing&backend=alpha%40first&older_than_s=0&state=paused', 200],
])('a list with %s answers %i', async (query, status) => {
  expect((await api.call('GET', `/operations${query}`)).status).toBe(status);
});

it('an order for many without a reason, or with a filter that is none, is refused', async () => {
  const post = (body: object) => api.call('POST', '/operations/action', body);
  expect((await post({ retry: { filter: {} } })).status).toBe(400);
  expect((await post({ retry: { filter: { statte: 'paused' }, reason: 'x' } })).status).toBe(400);
  expect((await post({ forget: { filter: {}, reason: 'x' } })).status).toBe(400);
  expect(await post({ abort: { filter: {}, reason: 'x', dry_run: true } })).toMatchObject({
    status: 200,
    body: { matched: 0, results: [], next_marker: null },
  });
});
