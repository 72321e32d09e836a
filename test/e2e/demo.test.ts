// `scoria demo` on a machine without libvirt: the whole story by this machine's own iSCSI initiator.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingForLibiscsi } from '../../drivers/connector/libiscsi/requirements.ts';
import { runTool } from '../../privileged/tool.ts';
import { scoria } from './support/up.ts';

const reason = await missingForLibiscsi();
if (reason !== null) console.log(`skipped: ${reason}`);

const demoTimeoutMs = 300_000;

test.skipIf(reason !== null)('without a guest the demo proves the same bytes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-demo-test-'));
  try {
    const stateDir = join(directory, 'state');
    const told = await runTool(scoria, ['demo', '--no-guest', '--state-dir', stateDir], { timeoutMs: demoTimeoutMs });
    expect(told.exitCode, told.stdout + told.stderr).toBe(0);
    expect(told.stdout).toContain('image and all 4 files are equal');
    expect(told.stdout).toContain('All 12 steps done');
    expect(told.stdout.match(/^ {2}\w+ +succeeded /gm)).toHaveLength(9);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
