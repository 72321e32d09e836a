// A part of the fault matrix on a production Temporal server: its processes killed one after another, PostgreSQL killed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../privileged/tool.ts';
import { whyNoChaos } from '../../workers/cli/chaos.ts';
import { readResults, type CellResult } from '../chaos/matrix/results.ts';
import { scoria } from '../e2e/support/up.ts';
import { whyNoCluster } from './support/probe.ts';

const reason = (await whyNoCluster()) ?? (await whyNoChaos());
if (reason !== null) console.warn(`faults on a production Temporal server are skipped: ${reason}`);

const seed = 20_261_121;
/** Temporal's tables and ours are in one PostgreSQL: it is away for both. */
const only = '(extend a volume / |create a snapshot / ).*(temporal-killed|postgres-killed)';
const cells = 18;
/** No cell is begun later, however slow the machine is. */
const minutes = 1;
const limitMs = 280_000;

let directory: string;
let results: readonly CellResult[] = [];
let said = '';

beforeAll(async () => {
  if (reason !== null) return;
  directory = await mkdtemp(join(tmpdir(), 'scoria-cluster-chaos-'));
  const file = join(directory, 'results.jsonl');
  const chosen = ['--cluster', '--only', only, '--cells', String(cells), '--seed', String(seed)];
  const args = ['chaos', ...chosen, '--minutes', String(minutes), '--resume', file];
  const { stdout, stderr } = await runTool(scoria, args, { timeoutMs: limitMs });
  said = `${stderr}\n${stdout}`;
  results = [...(await readResults(file)).values()];
});

afterAll(async () => {
  if (directory) await rm(directory, { recursive: true, force: true });
});

describe.skipIf(reason !== null)(`seed ${seed}${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it.each(['temporal-killed', 'postgres-killed'])('every operation comes to its end: %s', (name) => {
    const struck = results.filter(({ fault }) => fault === name);
    expect(struck.filter(({ outcome }) => outcome === 'passed').length, said).toBeGreaterThan(0);
    expect(struck.filter(({ outcome }) => outcome === 'failed').map(({ cell, note }) => `${cell}: ${note}`)).toEqual(
      [],
    );
  });
});
