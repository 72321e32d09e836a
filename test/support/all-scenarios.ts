// Every scenario there is, by what the operations are about.
import { groupScenarios } from './group-scenarios.ts';
import { imageScenarios } from './image-scenarios.ts';
import type { Lab } from './lab.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { storageScenarios } from './storage-scenarios.ts';

export const allScenarios: readonly Scenario<Lab>[] = [
  ...scenarios,
  ...storageScenarios,
  ...groupScenarios,
  ...imageScenarios,
];
