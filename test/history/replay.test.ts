// Recorded histories of every operation replay on today's workflows: a change that breaks running ones is found here.
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { operationTable } from '../../domain/operations.ts';
import { workflowBundle } from '../../workers/roles/workflow-bundle.ts';

const histories = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'fixtures', 'histories');

it('every recorded history replays without a difference', async () => {
  const files = (await readdir(histories)).filter((name) => name.endsWith('.json'));
  expect(files.length).toBeGreaterThan(20);
  const read = files.map(async (name) => ({
    workflowId: name,
    history: JSON.parse(await readFile(join(histories, name), 'utf8')) as unknown,
  }));
  const bundle = await workflowBundle(join(tmpdir(), 'scoria-test-bundles'));
  const results = Worker.runReplayHistories({ workflowBundle: bundle }, await Promise.all(read));
  const different: string[] = [];
  let replayed = 0;
  for await (const { workflowId, error } of results) {
    replayed += 1;
    if (error) different.push(`${workflowId}: ${error.message}`);
  }
  expect(different).toEqual([]);
  expect(replayed).toBe(files.length);
}, 120_000);

it('every operation that storage alone can carry out has been recorded', async () => {
  const recorded = await Promise.all(
    (await readdir(histories)).map(async (name) => {
      const text = await readFile(join(histories, name), 'utf8');
      return /"workflowType":\{"name":"(\w+)"/.exec(text)?.[1];
    }),
  );
  // Attaching needs an instance; those are recorded by the end-to-end suite's own machine, not here.
  const needInstance = ['volumeAttach', 'volumeDetach', 'connectionInitialize', 'connectionTerminate'];
  const expected = Object.keys(operationTable).filter((kind) => !needInstance.includes(kind));
  expect([...new Set(recorded)].toSorted()).toEqual(expected.toSorted());
});
