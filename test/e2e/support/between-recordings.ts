// What the recorder of test/fixtures/golden did unrecorded: its types, its Nova's server, resets in between, its end.
import type { Database } from '../../../prisma/store/database/client.ts';
import type { Replayer } from '../../support/golden.ts';
import { eventually } from '../../support/eventually.ts';

/** Project of the recordings without Keystone. */
export const project = 'fedcba98765432100123456789abcdef';

/** The one server that the recorded Nova had: it uses every attachment that it has. */
const serverId = '33333333-2222-3333-4444-555555555555';

/** Ids that the recordings show. */
const volume = '25eb6e40-628f-4205-a235-95cc95b8617a';
const incrementalBackup = '6d3f66bf-49f5-4e8b-941d-69cfaaf7bdbc';

const noHostTypeId = '5335b936-7512-4ec5-a33d-be6956cf8235';

export interface Between {
  readonly db: Database;
  readonly replayer: Replayer;
  /** As clients send it; answers the body. `path` begins after the project. */
  send(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** A caller of a volume API for `Between`. */
export const sender =
  (base: string, headers: Readonly<Record<string, string>>): Between['send'] =>
  async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'OpenStack-API-Version': 'volume 3.71', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };

/** What was there before the first request. The server's host is none of ours: a worker would report that it is gone. */
export async function beforeAllRecordings({ db, send }: Pick<Between, 'db' | 'send'>): Promise<void> {
  await send('POST', '/types', { volume_type: { name: 'lf', extra_specs: { volume_backend_name: 'lf' } } });
  await db.server.create({ data: { id: serverId, name: 'nova', host: 'elsewhere', status: 'ACTIVE' } });
}

const free = { 'os-reset_status': { status: 'available', attach_status: 'detached' } };

/** By the number of the recording that follows. */
const steps: Readonly<Record<string, (between: Between) => Promise<unknown>>> = {
  '187': ({ send, replayer }) => send('POST', `/volumes/${replayer.here(volume)}/action`, free),
  '247': ({ send, replayer }) => send('POST', `/volumes/${replayer.here(volume)}/action`, free),
  '273': ({ send, replayer }) =>
    send('POST', `/backups/${replayer.here(incrementalBackup)}/action`, { 'os-reset_status': { status: 'available' } }),
  '315': ({ send, replayer }) => noHostType(send, replayer),
  '374': deleteVolumes,
};

export async function beforeRecording(file: string, between: Between): Promise<void> {
  await steps[file.slice(0, 3)]?.(between);
}

/** A type that no back-end has; the recording that follows asks for it by its id. */
async function noHostType(send: Between['send'], replayer: Replayer): Promise<void> {
  const made = await send('POST', '/types', {
    volume_type: { name: 'gold-nohost', extra_specs: { volume_backend_name: 'nope' } },
  });
  replayer.knowId(noHostTypeId, (made as { volume_type: { id: string } }).volume_type.id);
}

async function deleteVolumes({ send, db }: Between): Promise<void> {
  const left = await db.volume.findMany({ where: { deletedAt: null } });
  for (const { id } of left) await send('DELETE', `/volumes/${id}?cascade=True&force=True`);
  await eventually(async () => {
    const remaining = await db.volume.count({ where: { deletedAt: null } });
    if (remaining > 0) throw new Error(`${remaining} volumes are left`);
  });
}
