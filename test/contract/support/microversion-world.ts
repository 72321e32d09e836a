// One of each resource whose answers differ by microversion, made through the API: here, or on a Cinder beside ours.
import type { Answered } from './volume-lab.ts';

export type Body = Readonly<Record<string, unknown>>;
/** Sends a request below /v3/<project>; `version` is the newest unless it is said. */
export type Send = (method: string, path: string, body?: Body, version?: string) => Promise<Answered>;

/** Ids by what they are for. */
export interface World {
  readonly volume: string;
  /** Its status cannot be deleted from. */
  readonly busy: string;
  readonly inUse: string;
  readonly snapshot: string;
  readonly backup: string;
  readonly group: string;
  readonly groupSnapshot: string;
  readonly attachment: string;
  readonly transfer: string;
}

const connector = { host: 'h1', ip: '192.0.2.1', initiator: 'iqn.x', platform: 'x86_64', os_type: 'linux2' };

/** `settle` waits until everything asked for is done. */
export async function makeWorld(send: Send, settle: () => Promise<void>): Promise<World> {
  const made = async (kind: string, path: string, wish: Body): Promise<string> => {
    const { status, body } = await send('POST', path, { [kind]: wish });
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
    await settle();
    return String(body[kind].id);
  };
  const done = async (path: string, body: Body): Promise<void> => {
    const answered = await send('POST', path, body);
    if (answered.status >= 300) throw new Error(`POST ${path}: ${answered.status} ${JSON.stringify(answered.body)}`);
    await settle();
  };
  const typeId = await made('volume_type', '/types', { name: 'grouped' });
  const groupTypeId = await made('group_type', '/group_types', { name: 'mv' });
  const volume = await made('volume', '/volumes', { size: 1, name: 'mv-one', metadata: { a: 'b' } });
  const [busy, inUse, given] = [
    await made('volume', '/volumes', { size: 1, name: 'mv-busy' }),
    await made('volume', '/volumes', { size: 1, name: 'mv-in-use' }),
    await made('volume', '/volumes', { size: 1, name: 'mv-given' }),
  ];
  const snapshot = await made('snapshot', '/snapshots', { volume_id: volume, name: 's', metadata: { a: 'b' } });
  const backup = await made('backup', '/backups', { volume_id: volume, name: 'b' });
  const group = await made('group', '/groups', { name: 'g', group_type: groupTypeId, volume_types: [typeId] });
  await made('volume', '/volumes', { size: 1, name: 'mv-member', volume_type: typeId, group_id: group });
  const groupSnapshot = await made('group_snapshot', '/group_snapshots', { group_id: group, name: 'gs' });
  const transfer = await made('transfer', '/volume-transfers', { volume_id: given });
  await done(`/volumes/${inUse}/action`, { 'os-initialize_connection': { connector } });
  await done(`/volumes/${inUse}/action`, { 'os-attach': { host_name: 'h1', mountpoint: '/dev/vdb', mode: 'rw' } });
  const { body: shown } = await send('GET', `/attachments?volume_id=${inUse}`);
  await done(`/volumes/${busy}/action`, { 'os-reset_status': { status: 'creating' } });
  const attachment = String(shown.attachments[0].id);
  return { volume, busy, inUse, snapshot, backup, group, groupSnapshot, attachment, transfer };
}
