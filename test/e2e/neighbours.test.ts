// Two releases side by side on one database: the one before the newest migration, from the history, and this one.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { startEmbedded, type Embedded } from '../../workers/embedded/embedded.ts';
import { claimPort } from '../../workers/embedded/ports.ts';
import { roleProcessPlan } from '../../workers/embedded/role-process.ts';
import type { StartedChild } from '../../workers/embedded/supervisor.ts';
import type { Role } from '../../workers/config/requirements.ts';
import { eventually } from '../support/eventually.ts';
import { projectRoot } from '../cluster/compose/compose-file.ts';
import { liveAWholeLife } from '../cluster/support/life.ts';
import { checkOutRelease, releaseBeforeNewestMigration } from '../cluster/support/release.ts';
import { Tenant } from '../cluster/support/tenant.ts';

const older = await releaseBeforeNewestMigration();
const reason = 'reason' in older ? older.reason : null;
if (reason !== null) console.warn(`an older release beside this one is not tried: ${reason}`);

let directory: string;
let olderRelease: string;
let embedded: Embedded;
let olderControl: StartedChild;
const running: StartedChild[] = [];
const urls = { older: '', newer: '' };

beforeAll(async () => {
  if ('reason' in older) return;
  directory = await mkdtemp(join(tmpdir(), 'scoria-neighbours-'));
  olderRelease = join(directory, 'older');
  // The tables are the newest ones before the older release starts.
  [embedded] = await Promise.all([
    startEmbedded({ stateDir: join(directory, 'servers'), durable: false }),
    checkOutRelease(olderRelease, older),
  ]);
  urls.older = await startApi('older', olderRelease);
  const hosts = start('older-hosts', olderRelease, ['volume', 'backup'], await configFor(urls.older));
  [olderControl] = await Promise.all([
    start('older-control', olderRelease, ['control'], await configFor(urls.older)),
    hosts,
  ]);
});

afterAll(async () => {
  await Promise.all(running.map((child) => child.stop()));
  await embedded?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
});

async function startApi(name: string, release: string): Promise<string> {
  const port = await claimPort({ flag: 'osapi_volume_listen_port', port: 0 });
  const url = `http://127.0.0.1:${port}`;
  await start(`${name}-api`, release, ['api'], await configFor(url), url);
  return url;
}

async function configFor(apiUrl: string): Promise<string> {
  const file = join(directory, `${new URL(apiUrl).port}.conf`);
  const state = join(directory, 'state');
  await mkdir(join(state, 'volumes'), { recursive: true });
  const text = `[DEFAULT]
host = alpha
state_path = ${state}
auth_strategy = noauth
enabled_backends = file
osapi_volume_listen = 127.0.0.1
osapi_volume_listen_port = ${new URL(apiUrl).port}
report_interval = 1
[file]
volume_driver = file
volume_backend_name = file
file_volumes_dir = ${join(state, 'volumes')}
[database]
connection = ${embedded.databaseUrl}
[temporal]
address = ${embedded.temporalAddress}
[scoria]
internal_api_url = ${apiUrl}
internal_api_secret = neighbours-internal-secret
secret_key = neighbours-secret-key
cache_path = ${join(tmpdir(), 'scoria-test-bundles')}
`;
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function start(
  name: string,
  release: string,
  roles: readonly Role[],
  configFile: string,
  apiUrl: string | null = null,
): Promise<StartedChild> {
  const places = { logDir: directory, runDir: directory, configFiles: [configFile] };
  const plan = roleProcessPlan({ name, roles, apiUrl, program: join(release, 'workers', 'main.ts'), ...places });
  const child = await plan.start(new AbortController().signal);
  running.push(child);
  return child;
}

describe.skipIf(reason !== null)(
  `the release before ${'reason' in older ? `(skipped: ${reason})` : older.migration}`,
  () => {
    it('serves whole lives on the newer tables, in turn with the API of this one', async () => {
      urls.newer = await startApi('newer', projectRoot);
      await expect(liveAWholeLife(new Tenant(urls.older, urls.newer), { attach: false })).resolves.toBeUndefined();
    });

    it('keeps its hosts when the control workers are of this one', async () => {
      await olderControl.stop();
      await start('newer-control', projectRoot, ['control'], await configFor(urls.newer));
      await expect(liveAWholeLife(new Tenant(urls.older, urls.newer), { attach: false })).resolves.toBeUndefined();
    });

    it('leaves nothing unfinished beside it', async () => {
      const db = createDatabase(embedded.databaseUrl, { poolSize: 1 });
      try {
        await eventually(async () => expect(await db.operation.count({ where: { finishedAt: null } })).toBe(0));
      } finally {
        await db.$disconnect();
      }
    });
  },
);
