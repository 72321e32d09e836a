// The API on a PostgreSQL of its own that can write down the plans of its statements.
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { createApp } from '../../api/app.ts';
import { noauth } from '../../api/http/noauth.ts';
import { createPolicyRules } from '../../api/policy/enforcer.ts';
import { fixedPolicies } from '../../api/policy/policy-file.ts';
import { migrate } from '../../prisma/migrate.ts';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { labConfig } from '../../test/contract/support/api-lab.ts';
import { startPostgres } from '../../workers/embedded/postgres.ts';
import { project } from './fill.ts';

export interface ListServer {
  readonly db: pg.Client;
  /** GET below /v3/<project>, at the newest microversion. Throws when the answer is not 200. */
  get(path: string): Promise<void>;
  /** Plans, with what they did, of the statements that ran meanwhile. */
  plansDuring(work: () => Promise<void>): Promise<readonly unknown[]>;
  stop(): Promise<void>;
}

const nothingRuns = () => Promise.reject(new Error('nothing runs operations here'));

export async function startListServer(): Promise<ListServer> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-lists-'));
  const postgres = await startPostgres({ directory, port: 0, durable: false });
  await migrate(postgres.databaseUrl);
  const client = new pg.Client({ connectionString: postgres.databaseUrl });
  await client.connect();
  await client.query("ALTER SYSTEM SET session_preload_libraries = 'auto_explain'");
  await client.query('SELECT pg_reload_conf()');
  const db = createDatabase(postgres.databaseUrl);
  const app = createApp({
    db,
    config: labConfig,
    operations: { submit: nothingRuns, submitAndWait: nothingRuns, start: () => Promise.resolve(true) },
    orders: { give: nothingRuns },
    stateChecks: { look: nothingRuns },
    policies: fixedPolicies(createPolicyRules({}, { enforceNewDefaults: true })),
    authenticate: noauth,
    log: pino({ level: 'silent' }),
  });
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/${project}`;
  const headers = { 'X-Auth-Token': `admin:${project}`, 'OpenStack-API-Version': 'volume 3.71' };
  const set = async (settings: readonly string[]): Promise<void> => {
    for (const setting of settings) await client.query(`ALTER SYSTEM SET auto_explain.${setting}`);
    await client.query('SELECT pg_reload_conf()');
    // Each session reads the new settings before its next statement, once the postmaster has told it.
    await client.query('SELECT pg_sleep(0.3)');
  };
  return {
    db: client,
    async get(path) {
      const answer = await fetch(base + path, { headers });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
    },
    async plansDuring(work) {
      await set(['log_format = json', 'log_analyze = on', 'log_timing = off', 'log_min_duration = 0']);
      const { size } = await stat(postgres.logFile);
      await work();
      await set(['log_min_duration = -1']);
      return plansIn(await readFrom(postgres.logFile, size));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.$disconnect();
      await client.end();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function readFrom(file: string, offset: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(size - offset);
    await handle.read(buffer, 0, buffer.length, offset);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** An entry goes on over lines that begin with a tab. */
function plansIn(log: string): readonly unknown[] {
  return log.split(/\n(?!\t)/).flatMap((entry) => {
    const [, plan] = /plan:\n([\s\S]*)$/.exec(entry) ?? [];
    return plan === undefined ? [] : [JSON.parse(plan.replaceAll('\n\t', '\n')) as unknown];
  });
}
