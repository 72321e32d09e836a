// Counts what one create and one list cost: SQL statements by process, and the hops of the workflow with their times.
import { Client, Connection } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { workflowIdOf, type OperationKind } from '../domain/operations.ts';
import { prepareList } from './measures/list.ts';
import { openScoria, type ScoriaSide } from './scoria-side.ts';
import { logStatements, statementsDuring, type Statement } from './statement-log.ts';
import { createVolume } from './volumes.ts';

const creates = 20;
const lists = 5;
const idleS = 10;
const rows = 2000;

async function main(): Promise<void> {
  const scoria = await openScoria({ concurrency: 4, keep: false });
  const { facts, work, shelf } = scoria;
  const postgresLog = facts.logs['postgres'];
  if (postgresLog === undefined) throw new Error('the launcher did not say where PostgreSQL logs');
  try {
    await prepareList(scoria, { rows, pollMs: 10 });
    const log = await logStatements(facts.databaseUrl);
    try {
      const roots = await scoria.processes();
      const during = (work: () => Promise<void>): Promise<readonly Statement[]> =>
        statementsDuring(postgresLog, roots, work);
      // What is prepared and cached at the first use is not what a create costs.
      for (let n = 0; n < 5; n += 1) await createAndWait(scoria, log.db);
      print(`nothing asked for, a second`, await during(() => sleep(idleS * 1000)), idleS);
      let last = '';
      const creating = await during(async () => {
        for (let n = 0; n < creates; n += 1) last = await createAndWait(scoria, log.db);
      });
      print(`a create (of ${creates})`, creating, creates);
      const listing = await during(async () => {
        for (let n = 0; n < lists; n += 1) await shelf.ask('GET', '/volumes/detail?limit=1000');
      });
      print(`GET /volumes/detail?limit=1000 (of ${lists})`, listing, lists);
      const deleting = await during(async () => {
        await work.ask('DELETE', `/volumes/${last}`);
        await untilSo(log.db, 'SELECT 1 FROM volumes WHERE id = $1 AND deleted_at IS NOT NULL', last);
      });
      print('a delete (of 1)', deleting, 1);
      await printHistories(scoria, log.db, last);
    } finally {
      await log.stop();
    }
  } finally {
    await scoria.close();
  }
}

/** Waits on the database and not through the API, whose statements would be counted. */
async function createAndWait({ work }: ScoriaSide, db: pg.Client): Promise<string> {
  const { id } = await createVolume(work, 'hops');
  await untilSo(db, "SELECT 1 FROM volumes WHERE id = $1 AND status = 'available'", id);
  return id;
}

async function untilSo(db: pg.Client, query: string, id: string): Promise<void> {
  while ((await db.query(query, [id])).rowCount === 0) await sleep(10);
}

function print(what: string, statements: readonly Statement[], times: number): void {
  const count = statements.reduce((sum, statement) => sum + statement.count, 0);
  const ms = statements.reduce((sum, statement) => sum + statement.ms, 0);
  console.log(`\n${what}: ${(count / times).toFixed(1)} statements, ${(ms / times).toFixed(2)} ms in PostgreSQL`);
  for (const statement of statements) {
    const figures = `${(statement.count / times).toFixed(1).padStart(6)} ${(statement.ms / times).toFixed(2).padStart(7)} ms (longest ${statement.longestMs.toFixed(1)})`;
    console.log(`${figures}  ${statement.process.padEnd(7)} ${statement.text.slice(0, 150)}`);
  }
}

async function printHistories({ facts }: ScoriaSide, db: pg.Client, volumeId: string): Promise<void> {
  const connection = await Connection.connect({ address: facts.temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: facts.temporalNamespace });
    const operations = await db.query<{ id: string; kind: OperationKind; resourceId: string }>(
      'SELECT id, kind, resource_id AS "resourceId" FROM operations WHERE resource_id = $1 ORDER BY created_at',
      [volumeId],
    );
    for (const operation of operations.rows) {
      const { events } = await workflow.getHandle(workflowIdOf(operation)).fetchHistory();
      const startedMs = millisecondsOf(events?.[0]?.eventTime);
      console.log(`\nhistory of ${operation.kind}: ${events?.length ?? 0} events`);
      for (const event of events ?? []) {
        const afterMs = millisecondsOf(event.eventTime) - startedMs;
        const detail = event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
        console.log(`${afterMs.toFixed(1).padStart(8)} ms  ${eventName(event)} ${detail}`);
      }
    }
  } finally {
    await connection.close();
  }
}

interface Timestamp {
  readonly seconds?: { toString(): string } | null;
  readonly nanos?: number | null;
}

const millisecondsOf = (time: Timestamp | null | undefined): number =>
  Number(time?.seconds?.toString() ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;

/** Its attributes' field names it: `workflowTaskScheduledEventAttributes`. */
function eventName(event: object): string {
  const field = Object.entries(event).find(([name, value]) => name.endsWith('EventAttributes') && value !== null);
  return field?.[0].replace('EventAttributes', '') ?? 'unknown';
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`hops: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
