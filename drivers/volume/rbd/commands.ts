// The command lines of rbd(8) and ceph(8) that Scoria uses. They are built here and run elsewhere.
import type { Argv } from '../../../privileged/argv.ts';
import type { RbdVolumeOptions } from './config.ts';

/** Which cluster, as whom, and how long to wait for it. */
export type CephAccess = Pick<
  RbdVolumeOptions,
  'rbd_cluster_name' | 'rbd_user' | 'rbd_ceph_conf' | 'rados_connect_timeout'
>;

/** An image of a pool, or with `@` a snapshot of it. */
export const spec = (pool: string, image: string, snapshot?: string): string =>
  `${pool}/${image}${snapshot === undefined ? '' : `@${snapshot}`}`;

function accessWords(access: CephAccess): readonly string[] {
  const { rbd_cluster_name: cluster, rbd_user: user, rbd_ceph_conf: conf, rados_connect_timeout: timeoutS } = access;
  const timeouts = ['--client-mount-timeout', '--rados-mon-op-timeout', '--rados-osd-op-timeout'];
  return [
    ...(conf === undefined ? [] : ['--conf', conf]),
    ...(cluster === 'ceph' ? [] : ['--cluster', cluster]),
    ...(user === undefined ? [] : ['--id', user]),
    // Ceph reads 0 as "for ever".
    ...(timeoutS < 0 ? [] : timeouts.flatMap((option) => [option, String(timeoutS)])),
  ];
}

const rbd = (access: CephAccess, ...words: readonly string[]): Argv => ['rbd', ...accessWords(access), ...words];
const rbdJson = (access: CephAccess, ...words: readonly string[]): Argv => rbd(access, '--format', 'json', ...words);
const cephJson = (access: CephAccess, ...words: readonly string[]): Argv => {
  const { rados_connect_timeout: timeoutS } = access;
  const seconds = timeoutS < 0 ? [] : ['--connect-timeout', String(timeoutS)];
  return ['ceph', ...accessWords({ ...access, rados_connect_timeout: -1 }), ...seconds, '--format', 'json', ...words];
};

export const showMonitors = (on: CephAccess): Argv => cephJson(on, 'mon', 'dump');
export const showUse = (on: CephAccess): Argv => cephJson(on, 'df');
export const showQuota = (on: CephAccess, pool: string): Argv => cephJson(on, 'osd', 'pool', 'get-quota', pool);

export const showImage = (on: CephAccess, image: string): Argv => rbdJson(on, 'info', image);
export const showWatchers = (on: CephAccess, image: string): Argv => rbdJson(on, 'status', image);
/** Every image and snapshot with its size: rbd opens each of them. */
export const listAll = (on: CephAccess, pool: string): Argv => rbdJson(on, 'ls', '--long', '--pool', pool);
/** Those that were deleted while clones needed them, too. */
export const listSnapshots = (on: CephAccess, image: string): Argv => rbdJson(on, 'snap', 'ls', '--all', image);
export const listChildren = (on: CephAccess, snapshot: string): Argv => rbdJson(on, 'children', snapshot);

export const createImage = (on: CephAccess, image: string, sizeMib: number, objectMib: number): Argv =>
  rbd(on, 'create', '--size', `${sizeMib}M`, '--object-size', `${objectMib}M`, image);
/** Never shrinks. */
export const grow = (on: CephAccess, image: string, sizeMib: number): Argv =>
  rbd(on, 'resize', '--size', `${sizeMib}M`, image);
/** Gives up all bytes. */
export const empty = (on: CephAccess, image: string): Argv => rbd(on, 'resize', '--size', '0', '--allow-shrink', image);
export const remove = (on: CephAccess, image: string): Argv => rbd(on, 'rm', image);
export const rename = (on: CephAccess, from: string, to: string): Argv => rbd(on, 'rename', from, to);

export const createSnapshot = (on: CephAccess, snapshot: string): Argv => rbd(on, 'snap', 'create', snapshot);
export const protect = (on: CephAccess, snapshot: string): Argv => rbd(on, 'snap', 'protect', snapshot);
export const unprotect = (on: CephAccess, snapshot: string): Argv => rbd(on, 'snap', 'unprotect', snapshot);
export const removeSnapshot = (on: CephAccess, snapshot: string): Argv => rbd(on, 'snap', 'rm', snapshot);
export const renameSnapshot = (on: CephAccess, from: string, to: string): Argv => rbd(on, 'snap', 'rename', from, to);
export const rollBack = (on: CephAccess, snapshot: string): Argv => rbd(on, 'snap', 'rollback', snapshot);

/** Format 1: a snapshot with clones stays visible and protected, so that what holds what can be seen. */
export const clone = (on: CephAccess, snapshot: string, image: string): Argv =>
  rbd(on, 'clone', '--rbd-default-clone-format', '1', snapshot, image);
export const flatten = (on: CephAccess, image: string): Argv => rbd(on, 'flatten', image);

export const setNote = (on: CephAccess, image: string, key: string, value: string): Argv =>
  rbd(on, 'image-meta', 'set', image, key, value);
export const getNote = (on: CephAccess, image: string, key: string): Argv => rbd(on, 'image-meta', 'get', image, key);
