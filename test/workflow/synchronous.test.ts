// Calls that wait for their operation: answered in time, joined by their twins, let go when their patience ends.
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOperationStarter, OperationFailedError, OperationTimeoutError } from '../../api/operations/starter.ts';
import { workflowIdOf } from '../../domain/operations.ts';
import type { ConnectionInfo } from '../../drivers/target/target.ts';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { iscsiUrl, onLun } from '../driver/support/iscsi-client.ts';
import { freePort, newStep } from '../driver/support/step.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from '../driver/support/tgtd.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

const reason = await whyNoIscsi();
const patienceMs = 60_000;

/** While it is set, an export waits for it. */
let gate: Promise<void> | null = null;
const gateExports: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      if (info.activityType === 'exportVolume') await gate;
      return next(input);
    },
  },
});

let lab: Lab;
let backend: LabBackend;
let tgt: TestTgtd | null = null;
let target: TgtTargetDriver | null = null;

beforeAll(async () => {
  lab = await startLab({ interceptors: [gateExports] });
  await lab.addControl();
  if (reason === null) {
    tgt = await testTgtd(lab.directory);
    target = new TgtTargetDriver(tgt.options, lab.directory);
  }
  backend = await lab.addBackend('alpha', 'first', { target });
}, 120_000);

beforeEach(() => (gate = null));

afterAll(async () => {
  await lab?.stop();
  await tgt?.tgtd.stop();
});

async function volume(): Promise<string> {
  const request = requests.createVolume();
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

/** As the API's routes ask for it. */
function initialize(volumeId: string, ip = '192.0.2.1'): AcceptRequest {
  return {
    kind: 'connectionInitialize',
    operationId: randomUUID(),
    resourceId: volumeId,
    projectId: 'fedcba98',
    userId: 'tester',
    requestId: 'req-test',
    input: { volumeId, attachmentId: null, connector: { ip, initiator: 'iqn.test' }, mode: null },
    claims: [],
    reads: [{ resource: 'volume', id: volumeId }],
    quota: [],
  };
}

const connect = async (request: AcceptRequest): Promise<ConnectionInfo> => {
  const result = await lab.starter.submitAndWait(request, patienceMs);
  return (result as { readonly connectionInfo: ConnectionInfo }).connectionInfo;
};

const initializing = (volumeId: string) =>
  lab.db.operation.findMany({ where: { kind: 'connectionInitialize', resourceId: volumeId } });

describe.skipIf(reason !== null)(`with a real target${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('answers where to connect, and an initiator reaches the bytes there', async () => {
    const id = await volume();
    const connection = await connect(initialize(id));
    const chap = await lab.services.targetSecret({ operationId: randomUUID(), epoch: '1' }, id);
    const { stdout } = await onLun(iscsiUrl(connection, chap), 'write -P 0xab 0 64k', 'read -P 0xab 0 64k');
    expect(stdout).toContain('read 65536/65536 bytes');
    await expectNothingLeft(lab, [backend]);
  });

  it('the same request, eight times at once, is one operation with one answer', async () => {
    const id = await volume();
    let open = (): void => {};
    gate = new Promise((resolve) => (open = resolve));
    const asked = Array.from({ length: 8 }, () => connect(initialize(id)));
    await eventually(async () => expect(await initializing(id)).toHaveLength(1));
    open();
    const [first, ...others] = await Promise.all(asked);
    for (const other of others) expect(other).toEqual(first);
    expect(await initializing(id)).toHaveLength(1);
    await expectNothingLeft(lab, [backend]);
  });

  it('another connector is another operation', async () => {
    const id = await volume();
    await Promise.all([connect(initialize(id, '192.0.2.1')), connect(initialize(id, '192.0.2.2'))]);
    expect(await initializing(id)).toHaveLength(2);
  });

  it('a call whose patience ends hears so; its operation goes on, and the same call joins it', async () => {
    const id = await volume();
    let open = (): void => {};
    gate = new Promise((resolve) => (open = resolve));
    const request = initialize(id);
    const state = async () => (await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } })).state;
    const early = lab.starter.submitAndWait(request, 4_000);
    early.catch(() => undefined);
    await eventually(async () => expect(await state()).toBe('running'));
    await expect(early).rejects.toThrow(OperationTimeoutError);
    expect(await state()).toBe('running');
    const again = connect(initialize(id));
    open();
    expect(await again).toMatchObject({ driver_volume_type: 'iscsi' });
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    expect(await initializing(id)).toHaveLength(1);
    expect(await target?.listExports()).toContain(id);
  });

  it('a connector that names no initiator is refused as Cinder refuses it, and nothing is exported', async () => {
    const id = await volume();
    const request = initialize(id);
    const nameless = { ...request, input: { ...request.input, connector: { ip: '192.0.2.1' } } };
    // As LVM is; files are given to nameless ones too.
    Object.assign(backend.driver, { takesAnyConnector: false });
    const refusal = { code: 'ConnectorIncomplete', message: 'initiator' };
    await expect(connect(nameless)).rejects.toMatchObject(refusal);
    expect(await ended(lab, request.operationId)).toBe('failed');
    expect(await target?.listExports()).not.toContain(id);
    await expectNothingLeft(lab, [backend]);
    Object.assign(backend.driver, { takesAnyConnector: true });
    await expect(connect({ ...nameless, operationId: randomUUID() })).resolves.toMatchObject({
      driver_volume_type: 'iscsi',
    });
  });

  it("a volume that was deleted meanwhile is the back-end's refusal, and nothing is exported", async () => {
    const id = await volume();
    await backend.driver.deleteVolume(newStep(), { id, sizeGib: 1 });
    const asked = lab.starter.submitAndWait(initialize(id), 4_000);
    await expect(asked).rejects.toSatisfy(
      (error) => error instanceof OperationTimeoutError || error instanceof OperationFailedError,
    );
    expect(await target?.listExports()).not.toContain(id);
    for (const { id: operationId, kind, resourceId } of await initializing(id)) {
      const handle = lab.temporal.workflow.getHandle(workflowIdOf({ id: operationId, kind, resourceId }));
      await eventually(() => handle.executeUpdate('abort', { args: [{ actor: 'tester' }] }));
      expect(await ended(lab, operationId)).toBe('aborted');
    }
    await lab.db.volume.update({ where: { id }, data: { status: 'error' } });
  });
});

describe('an operation that nobody began before its caller left', () => {
  it('is aborted, and its workflow does nothing when a worker comes at last', async () => {
    const id = await volume();
    const request = initialize(id);
    // Nobody starts it: this starter's Temporal is not there.
    const address = `127.0.0.1:${await freePort()}`;
    const connection = Connection.lazy({ address });
    const settings = { quotaDefaults: {}, backlogLimit: 10 };
    const starter = createOperationStarter({
      ...{ db: lab.db, log: lab.log, settings },
      temporal: new Client({ connection }),
    });
    const began = Date.now();
    await expect(starter.submitAndWait(request, 1_000)).rejects.toThrow(OperationTimeoutError);
    expect(Date.now() - began, 'the answer came with the deadline').toBeLessThan(4_000);
    const operation = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    expect(operation).toMatchObject({ state: 'aborted', epoch: 0n });
    await lab.starter.start(operation);
    const handle = lab.temporal.workflow.getHandle(workflowIdOf(operation));
    expect(await handle.result()).toMatchObject({ alreadyEnded: expect.stringContaining('aborted') });
    if (target) expect(await target.listExports()).not.toContain(id);
    await expectNothingLeft(lab, [backend]);
  });
});
