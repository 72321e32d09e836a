// The target driver `tgtadm`: one iSCSI target per volume in this host's tgtd, its bytes on LUN 1.
//
// A target is built in an order in which each step can be found again: target, LUN, account, its binding, and last the
// ACL that lets initiators in. So a target without an ACL is half-made, whoever died and wherever, and is made anew.
import { stat } from 'node:fs/promises';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { eventually } from '../../data/eventually.ts';
import type { StepContext } from '../../step.ts';
import { iscsiConnection, portalsOf } from '../connection-info.ts';
import type { ConnectionInfo, ExportRequest, RememberedExport, TargetDriver } from '../target.ts';
import { tgtadm, tgtadmUnless } from './client.ts';
import * as commands from './commands.ts';
import type { TgtOptions } from './config.ts';
import { ExportRecord } from './export-record.ts';
import { parseTargets, type TgtTarget } from './parse.ts';

const dataLun = 1;
const bytesPerMb = 1_000_000;
const tidTries = 20;
/** With the control port behind it: tgtd(8), TGT_IPC_SOCKET. */
const controlSockets = '/var/run/tgtd/socket';
/** How long tgtd may take to finish what its initiators have asked for, once it has closed their sessions. */
const sessionsEndMs = 30_000;

export class TgtTargetDriver implements TargetDriver {
  readonly name = 'tgtadm';
  readonly connectorNeeds = ['initiator'];
  readonly #options: TgtOptions;
  readonly #on: commands.Tgtadm;
  readonly #exports: ExportRecord;
  #found: { readonly generation: string; readonly ids: ReadonlySet<string> } | null = null;

  /** `stateDir` is this host's; what is exported is remembered there, without passwords. */
  constructor(options: TgtOptions, stateDir: string) {
    this.#options = options;
    this.#on = { controlPort: options.tgt_control_port };
    this.#exports = new ExportRecord(stateDir);
  }

  /** Throws StorageError CommandMissing (no tgtadm) or Unreachable (no tgtd). */
  async checkForSetup(): Promise<void> {
    await this.#targets();
  }

  async exportVolume(step: StepContext, request: ExportRequest): Promise<ConnectionInfo> {
    const iqn = this.#iqn(request.volumeId);
    const found = await this.#find(request.volumeId);
    const fits = found !== undefined && isExportOf(found, request);
    if (!fits) await this.#remove(step, request.volumeId, found);
    await this.#remember(request);
    if (!fits) await this.#build(step, await this.#newTarget(step, iqn), request);
    else if (found.state !== 'ready') await this.#reopen(step, found.tid, request.path.path);
    return iscsiConnection(request, { iqn, lun: dataLun, portals: portalsOf(this.#options) });
  }

  async refreshSize(step: StepContext, volumeId: string): Promise<void> {
    const target = await this.#find(volumeId);
    const lun = target?.luns.find((candidate) => candidate.lun === dataLun);
    if (!target || !lun?.path) return;
    const { size } = await stat(lun.path);
    if (lun.online && target.state === 'ready' && lun.sizeMb === Math.floor(size / bytesPerMb)) return;
    await this.#reopen(step, target.tid, lun.path);
  }

  async removeExport(step: StepContext, volumeId: string): Promise<void> {
    await this.#remove(step, volumeId, await this.#find(volumeId));
  }

  /** What this driver exports is on record first; what tgtd had before is looked at once in each of its lives. */
  async mayBeExported(volumeId: string): Promise<boolean> {
    if ((await this.#exports.of(volumeId)) !== null) return true;
    const generation = await this.generation();
    if (generation === null) return false;
    if (this.#found?.generation !== generation) this.#found = { generation, ids: new Set(await this.listExports()) };
    return this.#found.ids.has(volumeId);
  }

  async #remove(step: StepContext, volumeId: string, target: TgtTarget | undefined): Promise<void> {
    const recorded = (await this.#exports.of(volumeId))?.username ?? null;
    if (target) await this.#closeSessions(step, target.tid);
    for (const account of new Set([...(target?.accounts ?? []), ...(recorded === null ? [] : [recorded])])) {
      await this.#gone(step, commands.deleteAccount(this.#on, account));
    }
    if (target) await this.#gone(step, commands.deleteTarget(this.#on, target.tid));
    await this.#exports.forget(volumeId);
  }

  /** tgtd binds its control socket anew at each start. */
  async generation(): Promise<string | null> {
    const socket = await stat(`${controlSockets}.${this.#on.controlPort}`).catch(() => null);
    return socket === null ? null : `${socket.ino}/${socket.ctimeMs}`;
  }

  async remembered(volumeId: string): Promise<RememberedExport | null> {
    return this.#exports.of(volumeId);
  }

  async listRemembered(): Promise<readonly string[]> {
    return this.#exports.ids();
  }

  async listExports(): Promise<readonly string[]> {
    const prefix = this.#iqn('');
    return (await this.#targets()).flatMap(({ iqn }) => (iqn.startsWith(prefix) ? [iqn.slice(prefix.length)] : []));
  }

  async #targets(step?: StepContext): Promise<readonly TgtTarget[]> {
    return parseTargets(await tgtadm(commands.showTargets(this.#on), step));
  }

  async #find(volumeId: string): Promise<TgtTarget | undefined> {
    const iqn = this.#iqn(mustBeUuid(volumeId));
    return (await this.#targets()).find((target) => target.iqn === iqn);
  }

  /** tgtd refuses a number or name that is taken, whoever took it, so no lock of ours is needed to choose one. */
  async #newTarget(step: StepContext, iqn: string): Promise<number> {
    for (let tries = 0; tries < tidTries; tries += 1) {
      const tid = firstFree((await this.#targets(step)).map((target) => target.tid));
      if (await tgtadmUnless('already exists', commands.newTarget(this.#on, tid, iqn), step)) return tid;
    }
    throw new StorageError('Busy', `tgtd gave no number for ${iqn} in ${tidTries} tries: others keep taking them`);
  }

  /** Before the target is made: what has no record here has no target, and no account that only this tells. */
  async #remember({ volumeId, path, readonly, chap }: ExportRequest): Promise<void> {
    await this.#exports.remember({ volumeId, path, readonly, username: chap?.username ?? null });
  }

  async #build(step: StepContext, tid: number, { volumeId, path, chap, readonly }: ExportRequest): Promise<void> {
    const on = this.#on;
    await tgtadm(commands.newLun(on, tid, dataLun, path.path), step);
    // tgtd numbers LUNs alike on every host; an initiator that sees two back-ends must not take them for one disk.
    const identity = { scsi_sn: volumeId, scsi_id: volumeId };
    await tgtadm(commands.updateLun(on, tid, dataLun, { ...identity, ...(readonly ? { readonly: '1' } : {}) }), step);
    if (chap) {
      await this.#gone(step, commands.deleteAccount(on, chap.username));
      await tgtadm(commands.newAccount(on, chap), step);
      await tgtadm(commands.bindAccount(on, tid, chap.username), step);
    }
    await tgtadm(commands.allowAll(on, tid), step);
  }

  /**
   * Makes tgtd open the file again and see its size. It does that without waiting for requests in progress, whose
   * writes would then fail or go nowhere, so the target is taken offline first: initiators log in again by themselves
   * and repeat what was not answered. They see a pause of about a second and no error (measured with libiscsi).
   */
  async #reopen(step: StepContext, tid: number, path: string): Promise<void> {
    await this.#closeSessions(step, tid);
    await tgtadm(commands.updateLun(this.#on, tid, dataLun, { online: '0', path }), step);
    await tgtadm(commands.setTargetState(this.#on, tid, 'ready'), step);
  }

  async #closeSessions(step: StepContext, tid: number): Promise<void> {
    await tgtadm(commands.setTargetState(this.#on, tid, 'offline'), step);
    const options = { timeoutMs: sessionsEndMs, signal: step.signal };
    await eventually(`target ${tid} to finish its initiators' requests`, options, async () => {
      const target = (await this.#targets(step)).find((candidate) => candidate.tid === tid);
      for (const { sid, cids } of target?.sessions ?? []) {
        for (const cid of cids) await this.#gone(step, commands.closeConnection(this.#on, tid, sid, cid));
      }
      return target === undefined || target.sessions.length === 0;
    });
  }

  async #gone(step: StepContext, argv: Argv): Promise<void> {
    await tgtadmUnless("can't find", argv, step);
  }

  #iqn(volumeId: string): string {
    return `${this.#options.target_prefix}volume-${volumeId}`;
  }
}

/** tgtadm shows no passwords: a volume whose secret changes gets an account of another name, or is exported anew. */
function isExportOf(target: TgtTarget, { path, chap, readonly }: ExportRequest): boolean {
  const lun = target.luns.find((candidate) => candidate.lun === dataLun);
  const accounts = chap ? [chap.username] : [];
  return (
    target.acl.includes('ALL') &&
    lun?.path === path.path &&
    lun.readonly === readonly &&
    target.accounts.length === accounts.length &&
    accounts.every((account) => target.accounts.includes(account))
  );
}

function firstFree(taken: readonly number[]): number {
  const used = new Set(taken);
  let tid = 1;
  while (used.has(tid)) tid += 1;
  return tid;
}
