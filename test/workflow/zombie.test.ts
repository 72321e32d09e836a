// A worker that is stopped in a step and wakes up late damages nothing: real processes, SIGSTOP, SIGCONT and SIGKILL.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { workflowIdOf } from '../../domain/operations.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';
import type { StopPoint, VolumeWorkerSettings } from '../support/volume-worker.ts';

const workerScript = fileURLToPath(new URL('../support/volume-worker.ts', import.meta.url));
const mib = 1024 ** 2;

let lab: Lab;
const processes: Daemon[] = [];
/** Every back-end of the file, for the invariants. */
const backends: LabBackend[] = [];

beforeAll(async () => {
  // A stopped worker's open polls may take a few more tries with them before the server notices.
  lab = await startLab({ serviceDownTimeS: 4, policy: { heartbeatTimeoutMs: 3_000, maximumAttempts: 10 } });
  await lab.addControl();
}, 120_000);

afterEach(async () => {
  for (const worker of processes.splice(0)) worker.kill();
  await Promise.all(backends.splice(0).map(({ worker }) => worker.stop()));
  // The next test's creates must not be sent here.
  await lab.db.pool.deleteMany({ where: { allocatedVolumes: 0 } });
  await lab.db.service.updateMany({ data: { disabled: true } });
});

afterAll(async () => lab?.stop());

async function backend(host: string, name: string): Promise<LabBackend> {
  const started = await lab.addBackend(host, name);
  await lab.db.service.updateMany({ where: { host: `${host}@${name}` }, data: { disabled: false } });
  backends.push(started);
  return started;
}

interface StoppingWorker {
  readonly pid: number;
  said(): Promise<string>;
  /** Answers once the kernel has stopped the whole process. */
  isStopped(): Promise<void>;
  signal(signal: 'SIGCONT' | 'SIGKILL'): void;
}

async function stoppingWorker(host: string, name: string, stop: StopPoint): Promise<StoppingWorker> {
  const base = join(lab.directory, host);
  const volumesDir = join(base, name);
  await mkdir(volumesDir, { recursive: true });
  const settings: VolumeWorkerSettings = {
    temporalAddress: lab.embedded.temporalAddress,
    namespace: lab.embedded.temporalNamespace,
    databaseUrl: lab.embedded.databaseUrl,
    ...{ host, backend: name, volumesDir, stateDir: base, stop },
  };
  const file = join(base, `${name}-worker`);
  await writeFile(`${file}.json`, JSON.stringify(settings), { mode: 0o600 });
  const daemon = await startDaemon({
    command: process.execPath,
    args: ['--import', 'tsx', workerScript, `${file}.json`],
    logFile: `${file}.log`,
    stopSignal: 'SIGTERM',
  });
  processes.push(daemon);
  const said = () => readFile(`${file}.log`, 'utf8');
  await eventually(async () => expect(await said()).toMatch(/^up$/m));
  await lab.db.service.updateMany({ where: { host: `${host}@${name}` }, data: { disabled: false } });
  return {
    pid: daemon.pid,
    said,
    isStopped: () =>
      eventually(async () => expect(await readFile(`/proc/${daemon.pid}/stat`, 'utf8')).toMatch(/^\d+ \(.*\) T /)),
    signal: (signal) => void process.kill(daemon.pid, signal),
  };
}

const handleOf = (request: AcceptRequest) =>
  lab.temporal.workflow.getHandle(workflowIdOf({ ...request, id: request.operationId }));

/** What the pending step's last heartbeat says, as the Temporal UI shows it. */
async function lastHeartbeat(request: AcceptRequest): Promise<string> {
  const { raw } = await handleOf(request).describe();
  const payloads = raw.pendingActivities?.flatMap((pending) => pending.heartbeatDetails?.payloads ?? []) ?? [];
  return payloads.map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
}

/** Of the part that these tests write to. */
async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: 64 * mib - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function fill(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r+');
  for (let done = 0; done < bytes; done += mib)
    await file.write(Buffer.alloc(mib, (done / mib) % 251 || 7), 0, mib, done);
  await file.close();
  return digest(path);
}

const pathOf = (directory: string, volumeId: string): string => join(directory, `volume-${volumeId}`);

const statusOf = async (id: string): Promise<string> =>
  (await lab.db.volume.findUniqueOrThrow({ where: { id } })).status;

async function made(): Promise<string> {
  const request = requests.createVolume();
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

it.each([
  { name: 'waking', signal: 'SIGCONT' },
  { name: 'ending', signal: 'SIGKILL' },
] as const)(
  'a delete whose worker was stopped amid the zeros waits for its lock, says for whom, and goes on after $name it',
  async ({ name, signal }) => {
    const first = await backend('delta', name);
    const [doomed, neighbour] = [await made(), await made()];
    await fill(pathOf(first.directory, doomed), 64 * mib);
    const kept = await fill(pathOf(first.directory, neighbour), 8 * mib);
    await first.worker.stop();
    const late = await stoppingWorker('delta', name, { step: 'removeVolume', where: 'half-way' });
    const request = requests.deleteVolume(doomed);
    await lab.starter.submit(request);
    await late.isStopped();
    const second = await backend('delta', name);
    await eventually(async () =>
      expect(await lastHeartbeat(request)).toMatch(new RegExp(`waiting for a lock held by pid ${late.pid} since`)),
    );
    expect(await statusOf(doomed)).toBe('deleting');
    expect((await second.driver.listObjects()).volumeIds).toContain(doomed);
    late.signal(signal);
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectNothingLeft(lab, [second]);
    expect(await digest(pathOf(second.directory, neighbour))).toBe(kept);
  },
);

it('a create that was aborted while its worker was stopped leaves nothing when that wakes up', async () => {
  const late = await stoppingWorker('echo', 'abort', { step: 'createVolume', where: 'in the lock' });
  const request = requests.createVolume();
  await lab.starter.submit(request);
  await late.isStopped();
  const second = await backend('echo', 'abort');
  await handleOf(request).executeUpdate('abort', { args: [{ actor: 'tester' }] });
  await eventually(async () => expect(await lastHeartbeat(request)).toContain(`lock held by pid ${late.pid}`));
  late.signal('SIGCONT');
  expect(await ended(lab, request.operationId)).toBe('aborted');
  await eventually(async () => expect(await late.said()).toContain('the stopped step'));
  expect(await statusOf(request.resourceId)).toBe('error');
  await expectNothingLeft(lab, [second]);
});

it('a create that went on elsewhere while its worker was stopped keeps its bytes, and the late copy is removed', async () => {
  const late = await stoppingWorker('foxtrot', 'first', { step: 'createVolume', where: 'in the lock' });
  const request = requests.createVolume();
  await lab.starter.submit(request);
  await late.isStopped();
  const other = await backend('golf', 'second');
  expect(await ended(lab, request.operationId)).toBe('succeeded');
  const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } });
  expect(host).toBe('golf@second#second');
  const written = await fill(pathOf(other.directory, request.resourceId), 16 * mib);
  late.signal('SIGCONT');
  const cleanup = await eventually(async () => {
    for await (const execution of lab.temporal.workflow.list({ query: `WorkflowType = 'volumeCleanup'` }))
      return execution;
    throw new Error('no clean-up yet');
  });
  expect(await lab.temporal.workflow.getHandle(cleanup.workflowId).result()).toBe('removed');
  const abandoned = await backend('foxtrot', 'first');
  await eventually(() => expectNothingLeft(lab, [abandoned, other]));
  expect(await digest(pathOf(other.directory, request.resourceId))).toBe(written);
});

it('a step that wakes up after a newer claim was served here is refused', async () => {
  const first = await backend('hotel', 'fence');
  const id = await made();
  const written = await fill(pathOf(first.directory, id), 8 * mib);
  await first.worker.stop();
  const late = await stoppingWorker('hotel', 'fence', { step: 'removeVolume', where: 'before the lock' });
  const doomed = requests.deleteVolume(id);
  await lab.starter.submit(doomed);
  await late.isStopped();
  // The delete is taken back before anything was erased, and the volume is used again.
  await lab.temporal.workflow.getHandle(workflowIdOf({ ...doomed, id: doomed.operationId })).terminate('a test');
  await lab.db.operationResource.updateMany({ where: { operationId: doomed.operationId }, data: { held: false } });
  await lab.db.operation.update({
    where: { id: doomed.operationId },
    data: { state: 'aborted', finishedAt: new Date() },
  });
  await lab.db.volume.update({ where: { id }, data: { status: 'available', operationId: null } });
  const second = await backend('hotel', 'fence');
  expect(await run(lab, requests.extendVolume(id, 1, 2))).toBe('succeeded');
  late.signal('SIGCONT');
  await eventually(async () => expect(await late.said()).toContain('the stopped step was refused'));
  const { size } = await stat(pathOf(second.directory, id));
  expect(size).toBe(2 * 1024 * mib);
  expect(await digest(pathOf(second.directory, id))).toBe(written);
  await expectNothingLeft(lab, [second]);
});

it('a create that wakes up after it was aborted and undone here leaves nothing', async () => {
  const late = await stoppingWorker('india', 'undo', { step: 'createVolume', where: 'before the lock' });
  const request = requests.createVolume();
  await lab.starter.submit(request);
  await late.isStopped();
  const second = await backend('india', 'undo');
  await handleOf(request).executeUpdate('abort', { args: [{ actor: 'tester' }] });
  expect(await ended(lab, request.operationId)).toBe('aborted');
  late.signal('SIGCONT');
  await eventually(async () => expect(await late.said()).toContain('the stopped step was refused'));
  await expectNothingLeft(lab, [second]);
});
