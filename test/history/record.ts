// Records the histories that replay.test.ts replays: `node --import tsx test/history/record.ts`, after a change of the
// workflows that old histories cannot follow (they then need `patched()`, or nobody may be running them). With words of
// scenarios' names after it, only those are recorded and the others' files stay: enough for a new operation.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf } from '../../domain/operations.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { pauseBackend, releaseBackend } from '../../prisma/store/backends/pauses.ts';
import { eventually } from '../support/eventually.ts';
import { startLab, type Lab } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { allScenarios } from '../support/all-scenarios.ts';
import { ended, run } from '../support/scenarios.ts';
import { StepChaos, type Plan } from '../support/step-chaos.ts';

const target = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'fixtures', 'histories');
const chaos = new StepChaos();

async function save(lab: Lab, name: string, request: AcceptRequest): Promise<void> {
  const workflowId = workflowIdOf({ ...request, id: request.operationId });
  const history = await lab.temporal.workflow.getHandle(workflowId).fetchHistory();
  // Compact: what is indented is larger than what it says.
  const text = JSON.stringify(JSON.parse(historyToJSON(history)));
  // Stack traces name the checkout's directory, which is nobody's business; a bundle from the cache, another's.
  const bare = text.replaceAll(/(?<=[( ])\/[^\s():"\\]*?\/(?=(?:node_modules|workflows)\/)/g, '');
  await writeFile(join(target, `${name}.json`), `${bare.replaceAll(`${process.cwd()}/`, '')}\n`);
  console.log(name);
}

/** Answers true when it is paused, false when it has ended without a pause. */
async function hasPaused(lab: Lab, request: AcceptRequest): Promise<boolean> {
  return eventually(async () => {
    const { state, finishedAt } = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    if (state !== 'paused' && finishedAt === null) throw new Error(`is ${state}`);
    return state === 'paused';
  });
}

/** The claim is the first step of each operation; this is the first of its own. */
const operatorsError: Plan = { kind: 'fail', at: 2, when: 'before', code: 'PermissionDenied' };

/** An order that comes before the workflow waits for one is refused, and given again. */
async function orderUntilTaken(lab: Lab, request: AcceptRequest, order: 'retry' | 'abort'): Promise<void> {
  const handle = lab.temporal.workflow.getHandle(workflowIdOf({ ...request, id: request.operationId }));
  await eventually(() => handle.executeUpdate(order, { args: [{ actor: 'recorder' }] }));
}

const words = process.argv.slice(2);
const isWanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word));

/** Each operation as it goes well, and paused once at its first host step: retried, and aborted. */
async function recordScenarios(lab: Lab): Promise<void> {
  for (const scenario of allScenarios.filter(({ name }) => isWanted(name))) {
    const name = scenario.name.replaceAll(' ', '-');
    const good = await scenario.prepare(lab);
    await run(lab, good);
    await save(lab, name, good);
    for (const order of ['retry', 'abort'] as const) {
      const request = await scenario.prepare(lab);
      chaos.begin(request.operationId, operatorsError);
      await lab.starter.submit(request);
      if (!(await hasPaused(lab, request))) throw new Error(`${scenario.name} did not pause`);
      chaos.mend();
      await orderUntilTaken(lab, request, order);
      await ended(lab, request.operationId);
      await save(lab, `${name}-paused-${order}`, request);
    }
  }
}

/** A delete that takes a volume over from its paused creation. */
async function recordTakeOver(lab: Lab): Promise<void> {
  const create = requests.createVolume();
  chaos.begin(create.operationId, operatorsError);
  await lab.starter.submit(create);
  await hasPaused(lab, create);
  chaos.mend();
  const take = requests.deleteVolume(create.resourceId);
  await run(lab, take);
  await save(lab, 'delete-a-volume-whose-creation-is-paused', take);
  await save(lab, 'create-a-volume-taken-over', create);
}

/** One that waits for a paused back-end and goes on after its release, and one that is aborted while it waits. */
async function recordWaits(lab: Lab): Promise<void> {
  const host = 'alpha@first';
  const volume = requests.createVolume();
  await run(lab, volume);
  await lab.db.volume.findFirstOrThrow({ where: { id: volume.resourceId, host: { startsWith: host } } });
  await lab.db.$transaction((tx) => pauseBackend(tx, host, { actor: 'recorder', reason: 'for a history' }));
  await eventually(async () => void (await lab.db.backendPause.findFirstOrThrow({ where: { NOT: { keptAt: null } } })));
  const [waits, aborted] = [requests.createSnapshot(volume.resourceId), requests.createSnapshot(volume.resourceId)];
  for (const request of [waits, aborted]) {
    await lab.starter.submit(request);
    const where = { id: request.operationId, waitingFor: { has: host } };
    await eventually(() => lab.db.operation.findFirstOrThrow({ where }));
  }
  await orderUntilTaken(lab, aborted, 'abort');
  await ended(lab, aborted.operationId);
  const release = { actor: 'recorder', reason: 'recorded', overMs: 500 };
  await lab.db.$transaction((tx) => releaseBackend(tx, host, release));
  await ended(lab, waits.operationId);
  await save(lab, 'create-a-snapshot-that-waits-for-a-paused-back-end', waits);
  await save(lab, 'create-a-snapshot-aborted-while-it-waits', aborted);
}

const lab = await startLab({ interceptors: [chaos.interceptor], images: true });
try {
  if (words.length === 0) await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await lab.addControl();
  await lab.addBackend('alpha', 'first');
  // Before there is another back-end that the volume could be on.
  if (isWanted('waits')) await recordWaits(lab);
  await lab.addBackend('alpha', 'second');
  await lab.addBackup('alpha');
  await recordScenarios(lab);
  if (words.length === 0) await recordTakeOver(lab);
} finally {
  await lab.stop();
}
