// A cell of the matrix: a scenario, a boundary of it, a fault. What it must come to, and what it came to.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AcceptRequest } from '../../../prisma/store/operations/accept-types.ts';
import type { Operation } from '../../../prisma/generated/client.ts';
import { eventually } from '../../support/eventually.ts';
import type { Scenario } from '../../support/scenarios.ts';
import type { Aftermath, Boundary, Fault } from '../support/faults.ts';
import type { Moment } from '../support/gate-messages.ts';
import { labOf, workflowOf, type Ground } from './discover.ts';

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

const orderMs = 60_000;
const endMs = 180_000;
const doneMs = 20_000;
const lookEveryMs = 40;

/** Waits for the end; a pause has to give the true reason, is healed and retried, and has to end well then. */
export async function endOf(
  ground: Ground,
  { fault }: Cell,
  request: AcceptRequest,
  aftermath: Aftermath,
): Promise<Ending> {
  let paused = false;
  for (;;) {
    const { state, reason } = await settled(ground, request);
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

/** The result that the scenario asked for, or the failure that was to come instead. */
export async function mustBeDone(
  ground: Ground,
  { scenario }: Cell,
  request: AcceptRequest,
  ending: Ending,
): Promise<void> {
  if (ending === 'failed as it must') return mustHaveFailed(ground, request);
  await eventually(() => scenario.expectDone(labOf(ground), request), doneMs);
}

async function retry({ plant }: Ground, request: AcceptRequest): Promise<void> {
  const handle = plant.temporal.workflow.getHandle(workflowOf(request));
  await eventually(() => handle.executeUpdate('retry', { args: [{ actor: 'the chaos harness' }] }), orderMs);
  // Until the claim is taken anew, the row still says `paused`.
  await eventually(async () => {
    const { state } = await plant.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    expect(state).not.toBe('paused');
  }, orderMs);
}

/** The operation once it is finished or paused. PostgreSQL may be away for a moment. */
function settled({ plant }: Ground, { operationId }: AcceptRequest): Promise<Operation> {
  return eventually(async () => {
    await delay(lookEveryMs);
    const operation = await plant.db.operation.findUniqueOrThrow({ where: { id: operationId } });
    if (operation.finishedAt === null && operation.state !== 'paused')
      throw new Error(`stuck: the operation is still ${operation.state} (step: ${operation.step ?? 'unknown'})`);
    return operation;
  }, endMs);
}

/** What the operation was to make is in `error` and can be told so by its owner; nothing is left but its row. */
async function mustHaveFailed({ plant }: Ground, { kind, resourceId, input }: AcceptRequest): Promise<void> {
  const { volumeId = resourceId } = input as { volumeId?: string };
  const volume = await plant.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  expect(volume.status, `volume after a failed ${kind}`).toMatch(/^error/);
  expect(volume.host, 'a volume that could not be made is on no back-end').toBe(null);
}
