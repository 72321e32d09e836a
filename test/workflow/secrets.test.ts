// CHAP passwords stay where they belong: in no workflow history, operation, log line or other process's arguments.
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { ensureTargetSecret } from '../../prisma/store/attachments/target-secrets.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from '../driver/support/tgtd.ts';
import { eventually } from '../support/eventually.ts';
import { startLab, type Lab } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { run } from '../support/scenarios.ts';

const reason = await whyNoIscsi();
const secretKey = 'a key of this test';
const lines: string[] = [];
const passwords = new Set<string>();
/** Arguments of other processes in which a password was seen. */
const exposed = new Set<string>();

let lab: Lab;
let tgt: TestTgtd;
let watching = true;
let watched: Promise<void>;

beforeAll(async () => {
  if (reason !== null) return;
  // Before the first worker: it makes the runtime.
  Runtime.install({ logger: new DefaultLogger('DEBUG', (entry) => void lines.push(inspect(entry, { depth: 10 }))) });
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  lab = await startLab({ log });
  lab.services.targetSecret = async (_claim, volumeId) => {
    const secret = await ensureTargetSecret(lab.db, secretKey, volumeId);
    if (secret) passwords.add(secret.password);
    return secret;
  };
  await lab.addControl();
  tgt = await testTgtd(lab.directory);
  await lab.addBackend('alpha', 'first', { target: new TgtTargetDriver(tgt.options, lab.directory) });
  await lab.addBackup('beta');
  watched = watchArguments();
}, 120_000);

afterAll(async () => {
  watching = false;
  await watched;
  await lab?.stop();
  await tgt?.tgtd.stop();
});

/** Reads every process's arguments over and over. */
async function watchArguments(): Promise<void> {
  while (watching) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (contains(words)) exposed.add(words.replaceAll('\0', ' '));
    }
    await delay(20);
  }
}

const contains = (text: string): boolean => [...passwords].some((password) => text.includes(password));

async function volume(): Promise<string> {
  const request = requests.createVolume();
  expect(await run(lab, request)).toBe('succeeded');
  await lab.services.targetSecret({ operationId: request.operationId, epoch: '1' }, request.resourceId);
  return request.resourceId;
}

function connection(kind: 'connectionInitialize' | 'connectionTerminate', volumeId: string, attachmentId: string) {
  const connector = { ip: '192.0.2.1', initiator: 'iqn.test', host: 'gamma' };
  return {
    ...{ kind, operationId: randomUUID(), resourceId: volumeId, projectId: 'fedcba98' },
    ...{ userId: 'tester', requestId: 'req-test', claims: [], quota: [] },
    input: { volumeId, attachmentId, connector, mode: 'rw', removeExport: true },
    reads: [{ resource: 'volume', id: volumeId }],
  } satisfies AcceptRequest;
}

/** Every history of the lab as text, payloads and failures included. */
async function histories(): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of lab.temporal.workflow.list()) {
    const history = await lab.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(JSON.stringify(history, readable));
  }
  return texts.join('\n');
}

/** Payloads are bytes, and Protobuf's JSON has them in base64: nothing could be found in that. */
function readable(key: string, value: unknown): unknown {
  return key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value;
}

describe.skipIf(reason !== null)(`CHAP passwords${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('are in no history, row, log line or foreign argument after connections, backups over iSCSI and failures', async () => {
    const [id, attachmentId] = [await volume(), randomUUID()];
    await lab.db.attachment.create({ data: { id: attachmentId, volumeId: id, attachStatus: 'attaching' } });
    const initialize = connection('connectionInitialize', id, attachmentId);
    const answer = await lab.starter.submitAndWait(initialize, 60_000);
    expect(contains(JSON.stringify(answer))).toBe(false);
    await lab.starter.submitAndWait(connection('connectionTerminate', id, attachmentId), 60_000);
    // Its worker is on another host, so the bytes come through the target.
    expect(await run(lab, requests.createBackup(id))).toBe('succeeded');
    await failingExport();

    const told = await histories();
    expect(told, 'what is searched can be read').toContain('target_iqn');
    expect(passwords.size).toBe(2);
    expect(contains(told), 'in a workflow history').toBe(false);
    const rows = [
      await lab.db.operation.findMany(),
      await lab.db.operationEvent.findMany(),
      await lab.db.message.findMany(),
      await lab.db.attachment.findMany(),
      await lab.db.volume.findMany(),
    ];
    const text = JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
    expect(text).toContain('v1:');
    expect(contains(text), 'in a row of the database').toBe(false);
    expect(lines.length).toBeGreaterThan(0);
    expect(contains(lines.join('\n')), 'in a log line').toBe(false);
    // tgtadm takes it no other way: drivers/target/tgt/commands.ts.
    expect([...exposed].filter((words) => !/(^|[ /])tgtadm /.test(words))).toEqual([]);
    expect(await livingWithPassword()).toEqual([]);
  });
});

/** An export that fails at the very command that carries the password: tgtd takes no such name. */
async function failingExport(): Promise<void> {
  const id = await volume();
  const real = lab.services.targetSecret;
  lab.services.targetSecret = async (claim, volumeId) => {
    const secret = await real(claim, volumeId);
    return secret && { ...secret, username: 'x'.repeat(70_000) };
  };
  const request = connection('connectionInitialize', id, randomUUID());
  await lab.starter
    .submitAndWait({ ...request, input: { ...request.input, attachmentId: null } }, 5_000)
    .catch(() => undefined);
  lab.services.targetSecret = real;
  const state = async () => (await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } })).state;
  await eventually(async () => expect(await state()).toMatch(/paused|failed/));
}

/** Arguments of processes that still carry a password now that everything has ended. */
async function livingWithPassword(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return all.filter(contains);
}
