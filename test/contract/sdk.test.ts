// Every method of openstacksdk's block-storage proxy, called once against an API whose operations end at once.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mustRunTool } from '../../privileged/tool.ts';
import { ensureClients } from '../../workers/embedded/clients.ts';
import { startApiLab } from './support/api-lab.ts';
import { createInstantStarter } from './support/instant-starter.ts';
import { leaveMessage, makePeerWorld } from './support/peer-world.ts';
import { settling } from './support/settling.ts';

const runner = fileURLToPath(new URL('clients/run_sdk.py', import.meta.url));
const project = 'aaaaaaaa0000000000000000000000c2';

/** Methods that are not called here: operations on storage, and what asks for an object that Scoria never has. */
const elsewhere =
  /(retype|migrat|revert_volume|image$|manage|upload|export|import|complete_volume|failover|_group($|_)(?!type)|group_snapshot|group_from|replication|consistency_group($|_(?!snapshots$))|groups$|_cluster$|cleanup_service|^api_version$)/;

/** Cinder has no metadata below a backup's path either. */
const unknownToCinder = /^(set|fetch|get|delete)_backup_metadata$/;

test('its methods work, and each is called or named as tested elsewhere', async () => {
  const { python } = await ensureClients();
  const lab = await startApiLab({ serviceDownTimeS: 3600 });
  try {
    await makePeerWorld(lab.db);
    await leaveMessage(lab.db, project);
    const starter = createInstantStarter(lab.db, lab.deps.config.quotaDefaults);
    const url = await lab.serveAll({ operations: { ...starter, submit: settling(starter) } });
    const { stdout } = await mustRunTool(python, [runner, url, project], { timeoutMs: 240_000 });
    const { called, all } = JSON.parse(stdout) as { called: Record<string, string>; all: string[] };
    const failed = Object.entries(called).filter(([, outcome]) => outcome !== 'ok');
    expect(failed.filter(([name, outcome]) => !(unknownToCinder.test(name) && outcome.includes('404')))).toEqual([]);
    expect(all.filter((name) => !(name in called) && !elsewhere.test(name))).toEqual([]);
  } finally {
    await lab.stop();
  }
});
