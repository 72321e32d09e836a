// The command lines of tgtadm(8) that Scoria uses. They are built here and run elsewhere.
import { secret, type Argv } from '../../../privileged/argv.ts';
import type { ChapSecret } from '../target.ts';

export interface Tgtadm {
  readonly controlPort: number;
}

const tgtadm = ({ controlPort }: Tgtadm, op: string, mode: string, ...rest: string[]): Argv => [
  'tgtadm',
  '-C',
  String(controlPort),
  '--lld',
  'iscsi',
  '--op',
  op,
  '--mode',
  mode,
  ...rest,
];

export const showTargets = (on: Tgtadm): Argv => tgtadm(on, 'show', 'target');
export const showAccounts = (on: Tgtadm): Argv => tgtadm(on, 'show', 'account');
export const showPortals = (on: Tgtadm): Argv => tgtadm(on, 'show', 'portal');

export const newTarget = (on: Tgtadm, tid: number, iqn: string): Argv =>
  tgtadm(on, 'new', 'target', '--tid', String(tid), '--targetname', iqn);

export const deleteTarget = (on: Tgtadm, tid: number): Argv =>
  tgtadm(on, 'delete', 'target', '--force', '--tid', String(tid));

/** `offline` takes no new session and ends one when its initiator next asks for something; an idle one it leaves. */
export const setTargetState = (on: Tgtadm, tid: number, state: 'offline' | 'ready'): Argv =>
  tgtadm(on, 'update', 'target', '--tid', String(tid), '--name', 'state', '--value', state);

export const closeConnection = (on: Tgtadm, tid: number, sid: number, cid: number): Argv =>
  tgtadm(on, 'delete', 'conn', '--tid', String(tid), '--sid', String(sid), '--cid', String(cid));

export const newLun = (on: Tgtadm, tid: number, lun: number, path: string): Argv =>
  tgtadm(on, 'new', 'logicalunit', '--tid', String(tid), '--lun', String(lun), '--backing-store', path);

export const updateLun = (on: Tgtadm, tid: number, lun: number, params: Readonly<Record<string, string>>): Argv => {
  const list = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  return tgtadm(on, 'update', 'logicalunit', '--tid', String(tid), '--lun', String(lun), '--params', list.join(','));
};

/** tgtadm takes the password on its command line only, so `ps` shows it for the few ms that this runs; we never do. */
export const newAccount = (on: Tgtadm, { username, password }: ChapSecret): Argv => {
  const [program, ...rest] = tgtadm(on, 'new', 'account', '--user', username, '--password');
  return [program, ...rest, secret(password)];
};

export const deleteAccount = (on: Tgtadm, username: string): Argv =>
  tgtadm(on, 'delete', 'account', '--user', username);

export const bindAccount = (on: Tgtadm, tid: number, username: string): Argv =>
  tgtadm(on, 'bind', 'account', '--tid', String(tid), '--user', username);

/** Lets any initiator try; CHAP decides. */
export const allowAll = (on: Tgtadm, tid: number): Argv =>
  tgtadm(on, 'bind', 'target', '--tid', String(tid), '--initiator-address', 'ALL');

/** Ends tgtd itself, which it does only without targets. */
export const endTgtd = (on: Tgtadm): Argv => [
  'tgtadm',
  '-C',
  String(on.controlPort),
  '--op',
  'delete',
  '--mode',
  'system',
];
