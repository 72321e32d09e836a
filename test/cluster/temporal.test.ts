// A production Temporal server: what of it we use is there, and each of its processes may die in the middle of operations.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, made, run } from '../support/scenarios.ts';
import { startClusterServers, type ClusterServers } from './support/cluster-servers.ts';
import { whyNoCluster } from './support/probe.ts';
import { memberNames } from './support/temporal-cluster.ts';

const reason = await whyNoCluster();
const atOnce = 6;

let lab: Lab;
let servers: ClusterServers;
let backend: LabBackend;
let backupStore: string;

beforeAll(async () => {
  if (reason !== null) return;
  lab = await startLab({ startServers: async (directory) => (servers = await startClusterServers(directory)) });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  backupStore = await lab.addBackup('alpha');
});

afterAll(async () => lab?.stop());

describe.skipIf(reason !== null)(`on PostgreSQL${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('a volume lives its whole life', async () => {
    const volumeId = await made(lab, requests.createVolume());
    await made(lab, requests.extendVolume(volumeId, 1, 2));
    const snapshotId = await made(lab, requests.createSnapshot(volumeId, 2));
    await made(lab, requests.createVolume({ sizeGib: 2, source: { kind: 'snapshot', snapshotId } }));
    const backupId = await made(lab, requests.createBackup(volumeId, { sizeGib: 2 }));
    expect(await run(lab, requests.restoreBackup(backupId, volumeId))).toBe('succeeded');
    await made(lab, requests.deleteBackup(backupId));
    await made(lab, requests.deleteSnapshot(snapshotId, volumeId));
    await made(lab, requests.deleteVolume(volumeId));
    await expectClean();
  });

  it('every search attribute of ours finds an operation', async () => {
    const request = requests.createVolume();
    await made(lab, request);
    const queries = [
      `ResourceId = "${request.resourceId}"`,
      `ProjectId = "${requests.who.projectId}"`,
      `RequestId = "${requests.who.requestId}"`,
      `Backend = "alpha@first"`,
      `OperationState IN ("running", "succeeded")`,
    ];
    for (const query of queries)
      await eventually(async () => expect(await found(query), query).toContain(request.operationId));
  });

  it('the audit runs by its Schedule', async () => {
    const schedule = lab.temporal.schedule.getHandle('scoria-audit');
    await eventually(() => schedule.describe());
    await schedule.trigger();
    await eventually(async () => expect(await lab.db.audit.count({ where: { actor: 'schedule' } })).toBeGreaterThan(0));
  });

  it.each(memberNames)('operations under way come to their end when the process %s is killed', async (member) => {
    const source = { kind: 'volume', volumeId: await made(lab, requests.createVolume()) } as const;
    const wanted = Array.from({ length: atOnce }, (_, n) => requests.createVolume(n % 2 === 0 ? {} : { source }));
    await Promise.all(wanted.map((request) => lab.starter.submit(request)));
    await servers.temporal.kill(member);
    const during = requests.createVolume();
    await lab.starter.submit(during);
    await servers.temporal.start(member);
    for (const { operationId } of [...wanted, during]) expect(await ended(lab, operationId)).toBe('succeeded');
    await expectClean();
  });
});

async function expectClean(): Promise<void> {
  await eventually(async () => {
    await expectNothingLeft(lab, [backend]);
    await expectOnlyWholeBackups(lab, backupStore);
  });
}

/** Ids of the operations that a query of an operator's finds. */
async function found(query: string): Promise<readonly (string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  for await (const { workflowId } of lab.temporal.workflow.list({ query })) ids.push(workflowId.split('/').at(-1));
  return ids;
}
