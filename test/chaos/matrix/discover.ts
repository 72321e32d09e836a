// Finds the boundaries of a scenario by running it once: every activity that its operation went through.
import pLimit from 'p-limit';
import { expect } from 'vitest';
import { workflowIdOf } from '../../../domain/operations.ts';
import type { AcceptRequest } from '../../../prisma/store/operations/accept-types.ts';
import { ended, type Scenario, type ScenarioLab } from '../../support/scenarios.ts';
import type { ProgramName } from '../support/commands.ts';
import { expectClean } from '../support/clean.ts';
import type { Data } from '../support/data.ts';
import type { Boundary } from '../support/faults.ts';
import { reset } from '../support/reset.ts';
import type { Watched } from '../support/gate.ts';
import type { Plant } from '../support/plant.ts';
import type { WorkerRole } from '../support/processes.ts';

export interface Ground {
  readonly plant: Plant;
  readonly data: Data;
}

export const labOf = ({ plant, data }: Ground): ScenarioLab => ({
  db: plant.db,
  starter: plant.starter,
  fill: (id) => data.fill(id),
  scribble: (id) => data.scribble(id),
});

export const workflowOf = (request: AcceptRequest): string => workflowIdOf({ ...request, id: request.operationId });

const cleanMs = 60_000;
const preparedAtOnce = 4;
/** Asked by a timer while a step waits, and so not in the same place in each run: workflows/support/run.ts. */
const watching = 'hostStatus';

/** Volumes that a scenario leaves exported although nothing is attached. */
export const leftConnected = ({ kind, resourceId }: AcceptRequest): readonly string[] =>
  kind === 'connectionInitialize' ? [resourceId] : [];

export interface Discovered {
  readonly scenario: Scenario;
  readonly boundaries: readonly Boundary[];
}

/** Runs every scenario undisturbed, checks it, and answers its boundaries in order. The lab is empty before and after. */
export async function discover(ground: Ground, scenarios: readonly Scenario[]): Promise<readonly Discovered[]> {
  const { plant, data } = ground;
  const lab = labOf(ground);
  const few = pLimit(preparedAtOnce);
  const requests = await Promise.all(scenarios.map((scenario) => few(() => scenario.prepare(lab))));
  const found: Discovered[] = [];
  // One after the other: what is run meanwhile belongs to the step that is under way.
  for (const [index, scenario] of scenarios.entries()) {
    const request = requests[index];
    if (request) found.push({ scenario, boundaries: await boundariesOf(ground, scenario, request) });
  }
  await expectClean(plant, data, cleanMs, requests.flatMap(leftConnected));
  await reset(plant, data);
  return found;
}

async function boundariesOf(ground: Ground, scenario: Scenario, request: AcceptRequest): Promise<readonly Boundary[]> {
  const { plant } = ground;
  const lab = labOf(ground);
  const commandsOf = new Map<string, readonly ProgramName[]>();
  const watched = plant.gate.watch(workflowOf(request));
  const stopWatching = watchCommands(plant, watched, commandsOf);
  await lab.starter.submit(request);
  const state = await ended(lab, request.operationId);
  const { reason } = await plant.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
  expect(state, `${scenario.name}, undisturbed: ${reason ?? ''}`).toBe('succeeded');
  await scenario.expectDone(lab, request);
  await stopWatching();
  const steps = watched.seen.filter(({ type }) => type !== watching);
  const found = steps.map(({ type, nth, pid }) => ({
    ...{ type, nth, role: plant.processes.nameOf(pid) as WorkerRole },
    commands: commandsOf.get(`${type}#${nth}`) ?? [],
  }));
  const usesTarget = found.some(({ commands }) => commands.includes('tgtadm'));
  return found.map((boundary) => ({ ...boundary, usesTarget }));
}

/** Holds each step at its end for as long as it takes to read what was run since its beginning. */
function watchCommands(
  plant: Plant,
  watched: Watched,
  commandsOf: Map<string, readonly ProgramName[]>,
): () => Promise<void> {
  let reading = plant.commands.forget();
  watched.onPass = ({ at, key }) => {
    reading = reading.then(async () => {
      if (at === 'after') commandsOf.set(key, await plant.commands.run());
      await plant.commands.forget();
    });
    return reading;
  };
  return async () => {
    watched.onPass = null;
    await reading;
  };
}
