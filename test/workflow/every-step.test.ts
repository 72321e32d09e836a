// For every operation and every step of it, found by counting: repeated, failed before and after, aborted, paused.
import { allScenarios } from '../support/all-scenarios.ts';
import { promiseEveryStep } from '../support/every-step.ts';

promiseEveryStep({
  repeated: allScenarios,
  broken: allScenarios.filter(({ stepsAsIn }) => stepsAsIn === undefined),
  images: true,
});
