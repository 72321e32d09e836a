// What must be true of a whole Scoria when no operation runs: rows, files and targets agree, and nothing is held.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseTargets } from '../../../drivers/target/tgt/parse.ts';
import { mustRunTool } from '../../../privileged/tool.ts';
import { createDatabase } from '../../../prisma/store/database/client.ts';
import { expectNothingLeft } from '../../support/invariants.ts';
import type { Cloud, Json } from './cloud.ts';

/** Where the launcher's own configuration puts them. */
const volumesDirectory = (cloud: Cloud): string => join(cloud.facts.stateDir, 'volumes', 'file');
const backupDirectory = (cloud: Cloud): string => join(cloud.facts.stateDir, 'backup');

export const volumeFile = (cloud: Cloud, id: string): string => join(volumesDirectory(cloud), `volume-${id}`);

/** The database holds nothing half done, and each file of the back-end and of the backup store has its row. */
export async function expectClean(cloud: Cloud): Promise<void> {
  const db = createDatabase(cloud.facts.databaseUrl, { poolSize: 2 });
  try {
    await expectNothingLeft({ db }, []);
  } finally {
    await db.$disconnect();
  }
  const { volumes } = await cloud.get<{ volumes: Json[] }>('/volumes/detail');
  const { snapshots } = await cloud.get<{ snapshots: Json[] }>('/snapshots/detail');
  const { backups } = await cloud.get<{ backups: Json[] }>('/backups/detail');
  const whole = (rows: readonly Json[], prefix: string): string[] =>
    rows.filter(({ status }) => status !== 'error').map(({ id }) => `${prefix}-${String(id)}`);
  const expected = [...whole(volumes, 'volume'), ...whole(snapshots, 'snapshot')];
  expect(await filesBelow(volumesDirectory(cloud)), 'files of the back-end').toEqual(expected.toSorted());
  const objects = await filesBelow(backupDirectory(cloud));
  const ids = new Set(objects.map((name) => /_backup_([0-9a-f-]{36})/.exec(name)?.[1] ?? name));
  expect([...ids].toSorted(), 'backups in the store').toEqual(
    whole(backups, '')
      .map((id) => id.slice(1))
      .toSorted(),
  );
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();
}

/** IQNs of the targets that tgtd exports. */
export async function targets(cloud: Cloud): Promise<readonly string[]> {
  const { controlPort } = JSON.parse(await readFile(join(cloud.facts.stateDir, 'target.json'), 'utf8')) as {
    controlPort: number;
  };
  const args = ['-C', String(controlPort), '--lld', 'iscsi', '--op', 'show', '--mode', 'target'];
  return parseTargets((await mustRunTool('tgtadm', args, { timeoutMs: 30_000 })).stdout).map(({ iqn }) => iqn);
}
