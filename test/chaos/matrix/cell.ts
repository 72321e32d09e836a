// One cell of the matrix: a scenario, a boundary of it, a fault. What it must come to, and what it came to.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AcceptRequest } from '../../../prisma/store/accept-types.ts';
import type { Operation } from '../../../prisma/generated/client.ts';
import { eventually } from '../../support/eventually.ts';
import type { Scenario } from '../../support/scenarios.ts';
import { expectClean } from '../support/clean.ts';
import type { Aftermath, Boundary, Fault } from '../support/faults.ts';
import type { Moment } from '../support/gate-messages.ts';
import { reset } from '../support/reset.ts';
import { labOf, leftConnected, workflowOf, type Ground } from './discover.ts';

export interface Cell {
  readonly scenario: Scenario;
  readonly boundary: Boundary;
  readonly moment: Moment;
  readonly fault: Fault;
}

export const nameOf = ({ scenario, boundary, moment, fault }: Cell): string =>
  `${scenario.name} / ${boundary.type}#${boundary.nth} / ${moment} / ${fault.name}`;

/** How a cell ended that is as it must be: the operation's end, and whether it paused on the way. */
export type Ending = 'succeeded' | 'paused, retried, succeeded' | 'failed as it must';

const strikeMs = 30_000;
const endMs = 90_000;
const cleanMs = 20_000;
const lookEveryMs = 40;

/** Runs it on an empty lab and leaves the lab empty. Throws what is wrong. */
export async function runCell(ground: Ground, cell: Cell, chance: number): Promise<Ending> {
  const { plant, data } = ground;
  const lab = labOf(ground);
  const request = await cell.scenario.prepare(lab);
  plant.gate.watch(workflowOf(request));
  const trapped = plant.gate.trap(cell.boundary, cell.moment);
  await lab.starter.submit(request);
  const hit = await within(strikeMs, trapped, `no worker came to ${nameOf(cell)}`);
  let aftermath: Aftermath | null = null;
  let ending: Ending;
  try {
    const { plant, ...rest } = { plant: ground.plant, ...cell, hit, chance };
    aftermath = await cell.fault.strike({ plant, ...rest });
    ending = await endOf(ground, cell, request, aftermath);
    await aftermath.finish?.();
  } finally {
    await aftermath?.heal();
  }
  if (ending === 'failed as it must') await mustHaveFailed(ground, request);
  else await eventually(() => cell.scenario.expectDone(lab, request), cleanMs);
  await expectClean(plant, data, cleanMs, leftConnected(request));
  await reset(plant, data);
  return ending;
}

/** Waits for the end; a pause has to give the true reason, is healed and retried, and has to end well then. */
async function endOf(ground: Ground, { fault }: Cell, request: AcceptRequest, aftermath: Aftermath): Promise<Ending> {
  let paused = false;
  for (;;) {
    const operation = await settled(ground, request);
    const { state, reason } = operation;
    if (state === 'succeeded') return paused ? 'paused, retried, succeeded' : 'succeeded';
    if (state === 'failed' && fault.failureReason?.test(reason ?? '')) return 'failed as it must';
    if (state !== 'paused') throw new Error(`the operation is ${state}: ${reason ?? 'no reason given'}`);
    if (paused) throw new Error(`paused again although the fault was over: ${reason ?? 'no reason given'}`);
    if (!fault.pauseReason?.test(reason ?? '')) throw new Error(`paused for another reason: ${reason ?? 'none'}`);
    paused = true;
    await aftermath.heal();
    await retry(ground, request);
  }
}

async function retry({ plant }: Ground, request: AcceptRequest): Promise<void> {
  const handle = plant.temporal.workflow.getHandle(workflowOf(request));
  await eventually(() => handle.executeUpdate('retry', { args: [{ actor: 'the chaos harness' }] }), strikeMs);
  // Until the claim is taken anew, the row still says `paused`.
  await eventually(async () => {
    const { state } = await plant.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    expect(state).not.toBe('paused');
  }, strikeMs);
}

/** The operation once it is finished or paused. PostgreSQL may be away for a moment. */
function settled({ plant }: Ground, { operationId }: AcceptRequest): Promise<Operation> {
  const read = async (): Promise<Operation> => {
    const operation = await plant.db.operation.findUniqueOrThrow({ where: { id: operationId } });
    if (operation.finishedAt === null && operation.state !== 'paused')
      throw new Error(`stuck: the operation is still ${operation.state} (step: ${operation.step ?? 'unknown'})`);
    return operation;
  };
  return eventually(async () => {
    await delay(lookEveryMs);
    return read();
  }, endMs);
}

/** What the operation was to make is in `error` and can be told so by its owner; nothing is left but its row. */
async function mustHaveFailed({ plant }: Ground, { kind, resourceId, input }: AcceptRequest): Promise<void> {
  const { volumeId = resourceId } = input as { volumeId?: string };
  const volume = await plant.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  expect(volume.status, `volume after a failed ${kind}`).toMatch(/^error/);
  expect(volume.host, 'a volume that could not be made is on no back-end').toBe(null);
}

async function within<T>(timeoutMs: number, work: Promise<T>, otherwise: string): Promise<T> {
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => Promise.reject(new Error(otherwise)));
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
