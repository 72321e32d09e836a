// For each change of the API one thing to look at, as a real Cinder 29 shows it just below its microversion and at it.
import type { ApiChange } from '../../../api/http/microversion-table.ts';
import type { Answered } from './volume-lab.ts';
import type { Body, World } from './microversion-world.ts';

/** Sends a request of the microversion that is looked at. */
export type Ask = (method: string, path: string, body?: Body) => Promise<Answered & { readonly etag: string | null }>;

export type Probe =
  | { readonly see: (ask: Ask, world: World) => Promise<unknown>; readonly below: unknown; readonly at: unknown }
  /** Nothing that a request sees is different, and why. */
  | { readonly unseen: string };

const nobody = '11111111-2222-3333-4444-555555555555';

type Place = (world: World) => string;

/** The answer's status. */
const status =
  (method: string, path: string | Place, body?: Body) =>
  async (ask: Ask, world: World): Promise<number> =>
    (await ask(method, typeof path === 'string' ? path : path(world), body)).status;

/** Whether what is said in an error holds these words. */
const says =
  (words: string, method: string, path: string | Place, body?: Body | ((world: World) => Body)) =>
  async (ask: Ask, world: World): Promise<boolean> => {
    const sent = typeof body === 'function' ? body(world) : body;
    const answered = await ask(method, typeof path === 'string' ? path : path(world), sent);
    return JSON.stringify(answered.body).includes(words);
  };

/** Whether one object, shown under its name, has that field. */
const shows =
  (field: string, kind: string, path: Place) =>
  async (ask: Ask, world: World): Promise<boolean> => {
    const { body } = await ask('GET', path(world));
    return Object.hasOwn(body[kind] as object, field);
  };

/** Whether a list has anything in it. */
const finds =
  (collection: string, path: string) =>
  async (ask: Ask): Promise<boolean> => {
    const { status: code, body } = await ask('GET', path);
    if (code !== 200) throw new Error(JSON.stringify(body));
    return body[collection].length > 0;
  };

const volumeAction = ({ volume }: World): string => `/volumes/${volume}/action`;
const volumePath = ({ volume }: World): string => `/volumes/${volume}`;
const snapshotPath = ({ snapshot }: World): string => `/snapshots/${snapshot}`;
const backupPath = ({ backup }: World): string => `/backups/${backup}`;
const groupPath = ({ group }: World): string => `/groups/${group}`;
const transferPath = ({ transfer }: World): string => `/volume-transfers/${transfer}`;
const extra = 'Additional properties are not allowed';

const comes = { below: 404, at: 200 };
const appears = { below: false, at: true };
const narrows = { below: true, at: false };

export const probes: Readonly<Record<ApiChange, Probe>> = {
  uploadVisibility: {
    see: says(extra, 'POST', volumeAction, { 'os-volume_upload_image': { image_name: 'i', visibility: 'none' } }),
    ...narrows,
  },
  strictBootableFilter: { see: status('GET', '/volumes?bootable=perhaps'), below: 200, at: 400 },
  messages: { see: status('GET', '/messages'), ...comes },
  glanceMetadataFilter: { see: finds('volumes', "/volumes?glance_metadata={'x':'y'}"), ...narrows },
  messagePages: { see: finds('messages', '/messages?limit=0'), ...narrows },
  blankConsistencyGroups: { unseen: 'consistency groups are groups: their own calls only list' },
  clusters: { see: status('GET', '/clusters'), ...comes },
  manageable: { see: status('GET', '/manageable_volumes'), below: 404, at: 400 },
  backupUpdate: { see: status('PUT', backupPath, {}), below: 404, at: 400 },
  groupFilter: { see: finds('volumes', `/volumes?group_id=${nobody}`), ...narrows },
  groupTypes: { see: status('GET', '/group_types'), ...comes },
  volumeSummary: { see: status('GET', '/volumes/summary'), ...comes },
  groups: { see: shows('group_id', 'volume', volumePath), ...appears },
  groupSnapshots: { see: status('GET', '/group_snapshots'), ...comes },
  metadataEtags: {
    see: async (ask, { volume }) => (await ask('GET', `/volumes/${volume}/metadata`)).etag !== null,
    ...appears,
  },
  migrateToCluster: {
    see: says(extra, 'POST', volumeAction, { 'os-migrate_volume': { host: 'a@b#c', cluster: 'd' } }),
    ...narrows,
  },
  manageableOfCluster: { see: says('One and only one', 'GET', '/manageable_volumes?host=a@b&cluster=c'), ...appears },
  backupProject: { see: shows('os-backup-project-attr:project_id', 'backup', backupPath), ...appears },
  resetGroupSnapshot: {
    see: status('POST', ({ groupSnapshot }) => `/group_snapshots/${groupSnapshot}/action`, {
      reset_status: { status: 'nonsense' },
    }),
    below: 404,
    at: 400,
  },
  resetGroup: {
    see: status('POST', ({ group }) => `/groups/${group}/action`, { reset_status: { status: 'nonsense' } }),
    below: 404,
    at: 400,
  },
  providerId: { see: shows('provider_id', 'volume', volumePath), ...appears },
  snapshotMetadataFilter: { see: finds('snapshots', "/snapshots?metadata={'a':'other'}"), ...narrows },
  forcedDelete: { see: status('DELETE', ({ busy }) => `/volumes/${busy}?force=true`), below: 400, at: 202 },
  workersCleanup: { see: status('POST', '/workers/cleanup', {}), below: 404, at: 202 },
  groupVolumes: { see: shows('volumes', 'group', (world) => `${groupPath(world)}?list_volume=True`), ...appears },
  clusterReplication: { see: says('One and only one', 'PUT', '/os-services/freeze', {}), ...appears },
  attachments: { see: status('GET', '/attachments'), ...comes },
  poolFilters: { see: finds('pools', '/scheduler-stats/get_pools?name=nowhere'), ...narrows },
  groupSnapshotPages: { see: finds('group_snapshots', '/group_snapshots?limit=0'), ...narrows },
  snapshotsByName: { see: status('GET', '/snapshots?sort=name:asc'), below: 400, at: 200 },
  resourceFilters: { see: status('GET', '/volumes?created_at=nonsense'), below: 200, at: 400 },
  logLevels: { see: status('PUT', '/os-services/get-log', { binary: 'nonsense' }), below: 404, at: 400 },
  resourceFilterList: { see: status('GET', '/resource_filters'), ...comes },
  likeFilters: { unseen: 'administrators may always; others are refused what resource_filters does not list' },
  poolTypeFilter: { see: status('GET', '/scheduler-stats/get_pools?volume_type=nonsense'), below: 200, at: 404 },
  summaryMetadata: { see: shows('metadata', 'volume-summary', () => '/volumes/summary'), ...appears },
  backupsByName: { see: status('GET', '/backups?sort=name:asc'), below: 400, at: 200 },
  groupReplication: { see: shows('replication_status', 'group', groupPath), ...appears },
  limitsOfProject: {
    see: async (ask) =>
      (await ask('GET', '/limits?project_id=00112233445566778899aabbccddeeff')).body.limits.absolute.totalVolumesUsed >
      0,
    ...narrows,
  },
  revert: { see: status('POST', volumeAction, { revert: {} }), below: 404, at: 400 },
  snapshotUser: { see: shows('user_id', 'snapshot', snapshotPath), ...appears },
  extendInUse: {
    see: status('POST', ({ inUse }) => `/volumes/${inUse}/action`, { 'os-extend': { new_size: 2 } }),
    below: 400,
    at: 202,
  },
  backupMetadata: { see: shows('metadata', 'backup', backupPath), ...appears },
  attachmentComplete: {
    see: status('POST', ({ attachment }) => `/attachments/${attachment}/action`, { 'os-complete': {} }),
    below: 404,
    at: 204,
  },
  listCounts: {
    see: async (ask) => Object.hasOwn((await ask('GET', '/volumes?with_count=1')).body, 'count'),
    ...appears,
  },
  imageOfSnapshot: { unseen: 'it takes an image of an instance snapshot' },
  volumeOfBackup: {
    see: status('POST', '/volumes', { volume: { size: 1, source_volid: nobody, backup_id: 'nonsense' } }),
    below: 404,
    at: 400,
  },
  sharedTargets: { see: shows('shared_targets', 'volume', volumePath), ...appears },
  backendState: {
    see: async (ask) =>
      JSON.stringify((await ask('GET', '/os-services?binary=cinder-volume')).body).includes('backend_state'),
    ...appears,
  },
  multiattach: { unseen: 'it says that multiattach is there' },
  backupZone: {
    see: says(extra, 'POST', '/backups', { backup: { volume_id: nobody, availability_zone: 'nova' } }),
    ...narrows,
  },
  typeFilters: { unseen: 'administrators may always' },
  strictVolumes: { see: status('PUT', volumePath, { volume: {} }), below: 200, at: 400 },
  attachmentMode: {
    see: says(extra, 'POST', '/attachments', {
      attachment: { volume_uuid: nobody, instance_uuid: nobody, mode: 'ro' },
    }),
    ...narrows,
  },
  transferSnapshots: { see: shows('no_snapshots', 'transfer', transferPath), ...appears },
  backupUser: { see: shows('user_id', 'backup', backupPath), ...appears },
  transferHistory: { see: shows('source_project_id', 'transfer', transferPath), ...appears },
  groupProject: { see: shows('project_id', 'group', groupPath), ...appears },
  transferPages: { see: status('GET', '/volume-transfers?sort=nonsense'), below: 200, at: 400 },
  volumeTimeFilters: {
    unseen: 'from 3.31 on every filter of resource_filters.json is heeded, and these are among them',
  },
  volumeCluster: { see: shows('cluster_name', 'volume', volumePath), ...appears },
  defaultTypes: { see: async (ask) => (await ask('GET', '/default-types')).status !== 404, ...appears },
  volumeTypeId: { see: shows('volume_type_id', 'volume', volumePath), ...appears },
  encryptionKeyId: { unseen: 'no volume is encrypted' },
  consumesQuota: { see: shows('consumes_quota', 'volume', volumePath), ...appears },
  snapshotInUse: {
    see: says("'force' flag", 'POST', '/snapshots', ({ inUse }) => ({ snapshot: { volume_id: inUse, force: false } })),
    ...appears,
  },
  projectOptional: { unseen: 'Cinder takes paths without a project at every microversion' },
  reimage: { see: says('image_id', 'POST', volumeAction, { 'os-reimage': {} }), ...appears },
  sharedTargetsOrNull: { unseen: 'no driver here leaves it open' },
  encryptedTransfers: { unseen: 'no volume is encrypted' },
  extendCompletion: { unseen: 'Cinder takes it at every microversion' },
};
