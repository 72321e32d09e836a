// Promises about every step of an operation, found by counting: repeated, failed before and after, aborted, paused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowIdOf } from '../../domain/operations.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { eventually } from './eventually.ts';
import { expectNoImagesOnHosts, expectOnlyWholeImages } from './image-scenarios.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from './invariants.ts';
import { startLab, type Lab, type LabBackend, type LabServers } from './lab.ts';
import { ended, run, type Scenario } from './scenarios.ts';
import { StepChaos, type Plan } from './step-chaos.ts';

const chaos = new StepChaos();
let lab: Lab;
let backends: LabBackend[];
let backupStore: string;
let withImages = false;

export interface EveryStepOptions {
  /** Every step of these is carried out twice. */
  readonly repeated: readonly Scenario<Lab>[];
  /** Each step of these is broken in turn, in each way. */
  readonly broken: readonly Scenario<Lab>[];
  /** With a Glance, which the scenarios about images need. */
  readonly images?: boolean;
  /** Default: the embedded servers. */
  readonly startServers?: (stateDir: string) => Promise<LabServers>;
}

/** Defines the tests of one file: a lab of their own, and each promise for each scenario. */
export function promiseEveryStep({ repeated, broken, images = false, startServers }: EveryStepOptions): void {
  beforeAll(async () => {
    withImages = images;
    lab = await startLab({ interceptors: [chaos.interceptor], images, ...(startServers ? { startServers } : {}) });
    await lab.addControl();
    backends = [await lab.addBackend('alpha', 'first'), await lab.addBackend('alpha', 'second')];
    backupStore = await lab.addBackup('alpha');
  }, 120_000);

  afterAll(async () => lab?.stop());

  describe.each(repeated)('$name', (scenario) => {
    promiseRepeatable(scenario);
  });
  describe.each(broken)('$name, step by step,', (scenario) => {
    promiseUnbreakable(scenario);
  });
}

/** A clean-up that a failed create left behind may still be under way. */
async function expectClean(): Promise<void> {
  await eventually(async () => {
    await expectNothingLeft(lab, backends);
    await expectOnlyWholeBackups(lab, backupStore);
    if (withImages) {
      await expectNoImagesOnHosts(lab);
      await expectOnlyWholeImages(lab);
    }
  });
}

/** More steps than any operation has: the loop over them ends long before. */
const manySteps = 50;

/** Runs `attempt` with n = 1, 2, … until the operation has fewer steps than n. Answers how many steps were broken. */
async function atEveryStep(attempt: (at: number) => Promise<void>): Promise<number> {
  for (let at = 1; at < manySteps; at += 1) {
    await attempt(at);
    if (!chaos.reached) return at - 1;
    await expectClean();
  }
  throw new Error('the operation does not end');
}

async function paused(request: AcceptRequest): Promise<void> {
  await eventually(async () => {
    const { state } = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    expect(state).toBe('paused');
  });
}

const handleOf = (request: AcceptRequest) =>
  lab.temporal.workflow.getHandle(workflowIdOf({ ...request, id: request.operationId }));

/** Orders are given as a person would: again, when the operation was not ready to take them. */
async function order(request: AcceptRequest, kind: 'retry' | 'abort'): Promise<void> {
  await eventually(() => handleOf(request).executeUpdate(kind, { args: [{ actor: 'tester' }] }));
}

function promiseRepeatable(scenario: Scenario<Lab>): void {
  it('comes out the same when every step is carried out twice', async () => {
    const request = await scenario.prepare(lab);
    chaos.begin(request.operationId, { kind: 'double' });
    expect(await run(lab, request)).toBe('succeeded');
    await scenario.expectDone(lab, request);
    await expectClean();
  });
}

function promiseUnbreakable(scenario: Scenario<Lab>): void {
  it.each(['before', 'after'] as const)('comes out the same when any step fails once %s its effect', async (when) => {
    const steps = await atEveryStep(async (at) => {
      const request = await scenario.prepare(lab);
      chaos.begin(request.operationId, { kind: 'fail', at, when });
      expect(await run(lab, request)).toBe('succeeded');
      await scenario.expectDone(lab, request);
    });
    expect(steps).toBeGreaterThan(2);
  });

  it.each(['before', 'after'] as const)(
    'pauses when any step needs the operator %s its effect, and a retry completes it',
    async (when) => {
      await withOperatorsError(scenario.prepare, when, async (request) => {
        await order(request, 'retry');
        expect(await ended(lab, request.operationId)).toBe('succeeded');
        await scenario.expectDone(lab, request);
      });
    },
  );

  it.each(['before', 'after'] as const)(
    'pauses when any step needs the operator %s its effect, and an abort undoes it',
    async (when) => {
      await withOperatorsError(scenario.prepare, when, async (request) => {
        await order(request, 'abort');
        expect(await ended(lab, request.operationId)).toBe('aborted');
      });
    },
  );

  it('leaves nothing when it is aborted at any step', async () => {
    await atEveryStep(async (at) => {
      const request = await scenario.prepare(lab);
      // An abort that comes with the last step may come too late; then the operation has simply succeeded.
      const act = () => handleOf(request).signal('abort', { actor: 'tester' });
      chaos.begin(request.operationId, { kind: 'interrupt', at, act });
      expect(await run(lab, request)).toMatch(/^(aborted|succeeded)$/);
    });
  });
}

/** Breaks each step of the body in turn with an error that only an operator can mend, and hands the paused operation over. */
async function withOperatorsError(
  prepare: (lab: Lab) => Promise<AcceptRequest>,
  when: 'before' | 'after',
  settle: (request: AcceptRequest) => Promise<void>,
): Promise<void> {
  let pauses = 0;
  await atEveryStep(async (at) => {
    const request = await prepare(lab);
    const plan: Plan = { kind: 'fail', at, when, code: 'PermissionDenied' };
    chaos.begin(request.operationId, plan);
    await lab.starter.submit(request);
    await Promise.race([paused(request), ended(lab, request.operationId)]);
    const { state } = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    if (state !== 'paused') return;
    pauses += 1;
    chaos.mend();
    await settle(request);
  });
  expect(pauses).toBeGreaterThan(0);
}
