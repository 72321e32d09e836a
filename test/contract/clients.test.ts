// Every block-storage command of the unmodified openstack and cinder clients, typed once: what they print is what they
// printed when a real Cinder answered (test/fixtures/clients/, recorded with the same commands).
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mustRunTool } from '../../privileged/tool.ts';
import { ensureClients } from '../../workers/embedded/clients.ts';
import { startApiLab } from './support/api-lab.ts';
import { createInstantStarter } from './support/instant-starter.ts';
import { leaveMessage, makePeerWorld } from './support/peer-world.ts';
import { settling } from './support/settling.ts';

const fixtures = fileURLToPath(new URL('../fixtures/clients/', import.meta.url));
const runner = fileURLToPath(new URL('clients/run_clients.py', import.meta.url));
const lister = fileURLToPath(new URL('clients/list_commands.py', import.meta.url));
const project = 'aaaaaaaa0000000000000000000000c1';

interface Typed {
  readonly command: string;
  readonly code: number;
  /** What a command that fails complains of. */
  readonly said: string;
  /** Cells of its table, header first; ids, times and keys made plain. */
  readonly rows: readonly (readonly string[])[];
}

const read = async (name: string): Promise<Typed[]> =>
  JSON.parse(await readFile(`${fixtures}${name}.json`, 'utf8')) as Typed[];

/** Types a client's commands into an API whose operations end at once. */
async function typed(client: 'openstack' | 'cinder'): Promise<Typed[]> {
  const { python } = await ensureClients();
  // Nobody reports here, and slow machines take their time.
  const lab = await startApiLab({ serviceDownTimeS: 3600 });
  try {
    await makePeerWorld(lab.db);
    await leaveMessage(lab.db, project);
    const starter = createInstantStarter(lab.db, lab.deps.config.quotaDefaults);
    const url = await lab.serveAll({ operations: { ...starter, submit: settling(starter) } });
    const { stdout } = await mustRunTool(python, [runner, client, url, project, `${fixtures}${client}.steps`], {
      timeoutMs: 240_000,
    });
    return JSON.parse(stdout) as Typed[];
  } finally {
    await lab.stop();
  }
}

const clients = ['openstack', 'cinder'] as const;

test.each(clients)('%s prints what it prints of a Cinder', async (client) => {
  const [expected, found] = [await read(client), await typed(client)];
  const differing = found.filter((answer, index) => JSON.stringify(answer) !== JSON.stringify(expected[index]));
  const wanted = differing.map(({ command }) => expected.find((answer) => answer.command === command));
  expect(differing).toEqual(wanted);
});

/** Commands that are not typed here, and why. */
const elsewhere: Readonly<Record<string, RegExp>> = {
  // Operations on storage have tests of their own, on real storage.
  openstack:
    /^(volume (migrate|revert|group (?!type)|host failover|backup record)|.*manageable|consistency group (?!list|snapshot list)|volume attachment (?!list))/,
  cinder:
    /^(retype|migrate|revert|reimage|upload-to-image|force-delete|failover-host|manage|unmanage|snapshot-(un)?manage|group-(?!type|specs)|consisgroup-(?!list)|cgsnapshot-(?!list)|backup-(export|import)|default-type-(un)?set|api-version)/,
};

test.each(clients)('every command of %s is typed, or named as tested elsewhere', async (client) => {
  const { python } = await ensureClients();
  const { stdout } = await mustRunTool(python, [lister, client], { timeoutMs: 60_000 });
  const typedCommands = (await read(client)).map(({ command }) => command);
  const forgotten = (JSON.parse(stdout) as string[]).filter(
    (name) => !elsewhere[client]?.test(name) && !typedCommands.some((line) => `${line} `.startsWith(`${name} `)),
  );
  expect(forgotten).toEqual([]);
});
