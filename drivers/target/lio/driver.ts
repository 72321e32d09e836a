// The target driver `lioadm`: one iSCSI target per volume in this host's kernel, its bytes on LUN 1.
//
// A target is built so that each part can be found again, and enabled last: one that is not enabled is half-made, whoever
// died and wherever, and is made anew. Any initiator may try; CHAP decides.
import { stat } from 'node:fs/promises';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import type { StepContext } from '../../step.ts';
import { iscsiConnection, portalsOf } from '../connection-info.ts';
import type { ConnectionInfo, ExportRequest, TargetDriver } from '../target.ts';
import { backingDirectory, configfs, groupDirectory, loadModules, targetDirectory, type Backing } from './commands.ts';
import type { LioOptions } from './config.ts';
import { attribute, isThere, LioConfigfs, namesIn } from './configfs.ts';

const dataLun = 1;

export class LioTargetDriver implements TargetDriver {
  readonly name = 'lioadm';
  readonly connectorNeeds = ['initiator'];
  readonly #options: LioOptions;

  constructor(options: LioOptions) {
    this.#options = options;
  }

  /** Loads LIO where it is not. Throws StorageError Misconfigured when the kernel has none. */
  async checkForSetup(): Promise<void> {
    if (!(await isThere(`${configfs}/core`))) {
      await runAsRoot(loadModules, { silenceTimeoutMs: 30_000 }).catch((error: unknown) => {
        throw new StorageError('Misconfigured', 'this kernel has no LIO (option target_helper = lioadm)', {
          cause: error,
        });
      });
    }
    if (!(await isThere(`${configfs}/core`))) {
      throw new StorageError('Misconfigured', `LIO is loaded, and ${configfs} is not there: mount configfs`);
    }
    // The fabric's directory appears when it is first made.
    await new LioConfigfs({ signal: new AbortController().signal }).make(`${configfs}/iscsi`);
  }

  async exportVolume(step: StepContext, request: ExportRequest): Promise<ConnectionInfo> {
    const iqn = this.#iqn(mustBeUuid(request.volumeId));
    const portals = portalsOf(this.#options);
    if (!(await isExportOf(iqn, request, portals))) {
      await this.removeExport(step, request.volumeId);
      await this.#build(new LioConfigfs(step), iqn, request, portals);
    }
    return iscsiConnection(request, { iqn, lun: dataLun, portals });
  }

  /** A block device shows its new size by itself; a file is given out anew, and initiators log in again by themselves. */
  async refreshSize(step: StepContext, volumeId: string): Promise<void> {
    const iqn = this.#iqn(mustBeUuid(volumeId));
    const backing = backingDirectory('fileio', nameOf(volumeId));
    const path = await attribute(`${backing}/udev_path`);
    if (path === null || (await exportedBytes(backing)) === (await stat(path)).size) return;
    const config = new LioConfigfs(step);
    const group = groupDirectory(iqn);
    await config.set(`${group}/enable`, '0');
    await config.unlink(lunLink(iqn));
    await config.remove(backing);
    await this.#makeBacking(config, volumeId, { path, kind: 'file' });
    await config.link(backing, lunLink(iqn));
    await config.set(`${group}/enable`, '1');
  }

  async removeExport(step: StepContext, volumeId: string): Promise<void> {
    const iqn = this.#iqn(mustBeUuid(volumeId));
    const config = new LioConfigfs(step);
    const group = groupDirectory(iqn);
    // Ends the sessions too, once their requests are answered.
    if ((await attribute(`${group}/enable`)) === '1') await config.set(`${group}/enable`, '0');
    for (const lun of await namesIn(`${group}/lun`)) {
      for (const name of await namesIn(`${group}/lun/${lun}`)) await config.unlink(`${group}/lun/${lun}/${name}`);
      await config.remove(`${group}/lun/${lun}`);
    }
    for (const portal of await namesIn(`${group}/np`)) await config.remove(`${group}/np/${portal}`);
    await config.remove(group);
    await config.remove(targetDirectory(iqn));
    for (const backing of ['iblock', 'fileio'] as const)
      await config.remove(backingDirectory(backing, nameOf(volumeId)));
  }

  async listExports(): Promise<readonly string[]> {
    const prefix = this.#iqn('');
    return (await namesIn(`${configfs}/iscsi`)).flatMap((name) =>
      name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
    );
  }

  async #build(
    config: LioConfigfs,
    iqn: string,
    { volumeId, path, chap, readonly }: ExportRequest,
    portals: readonly string[],
  ): Promise<void> {
    const group = groupDirectory(iqn);
    const backing = await this.#makeBacking(config, volumeId, path);
    await config.make(`${group}/lun/lun_${dataLun}`);
    await config.link(backing, lunLink(iqn));
    // Initiators need no entry of their own; what one of them is given is remembered while it is logged in.
    for (const [name, value] of Object.entries({
      generate_node_acls: '1',
      cache_dynamic_acls: '1',
      demo_mode_write_protect: readonly ? '1' : '0',
      authentication: chap ? '1' : '0',
    })) {
      await config.set(`${group}/attrib/${name}`, value);
    }
    if (chap) {
      await config.set(`${group}/auth/userid`, chap.username);
      await config.set(`${group}/auth/password`, chap.password);
    }
    for (const portal of portals) await config.make(`${group}/np/${portal}`);
    await config.set(`${group}/enable`, '1');
  }

  async #makeBacking(config: LioConfigfs, volumeId: string, { path, kind }: ExportRequest['path']): Promise<string> {
    const type: Backing = kind === 'block' ? 'iblock' : 'fileio';
    const backing = backingDirectory(type, nameOf(volumeId));
    await config.make(backing);
    const setting =
      type === 'iblock' ? `udev_path=${path}` : `fd_dev_name=${path},fd_dev_size=${(await stat(path)).size}`;
    await config.set(`${backing}/control`, setting);
    await config.set(`${backing}/udev_path`, path);
    await config.set(`${backing}/enable`, '1');
    await config.set(`${backing}/wwn/vpd_unit_serial`, volumeId);
    return backing;
  }

  #iqn(volumeId: string): string {
    return `${this.#options.target_prefix}volume-${volumeId}`;
  }
}

const nameOf = (volumeId: string): string => `volume-${mustBeUuid(volumeId)}`;
const lunLink = (iqn: string): string => `${groupDirectory(iqn)}/lun/lun_${dataLun}/volume`;

async function isExportOf(iqn: string, request: ExportRequest, portals: readonly string[]): Promise<boolean> {
  const { volumeId, path, chap, readonly } = request;
  const group = groupDirectory(iqn);
  const backing = backingDirectory(path.kind === 'block' ? 'iblock' : 'fileio', nameOf(volumeId));
  const found = {
    enabled: await attribute(`${group}/enable`),
    path: await attribute(`${backing}/udev_path`),
    user: chap ? await attribute(`${group}/auth/userid`) : null,
    authentication: await attribute(`${group}/attrib/authentication`),
    readonly: await attribute(`${group}/attrib/demo_mode_write_protect`),
  };
  return (
    found.enabled === '1' &&
    found.path === path.path &&
    found.user === (chap?.username ?? null) &&
    found.authentication === (chap ? '1' : '0') &&
    found.readonly === (readonly ? '1' : '0') &&
    samePortals(await namesIn(`${group}/np`), portals)
  );
}

const samePortals = (found: readonly string[], wanted: readonly string[]): boolean =>
  found.length === wanted.length && wanted.every((portal) => found.includes(portal));

/** Size that LIO was told, of `info`: `… File: /x  Size: 67108864  Mode: …`. */
async function exportedBytes(backing: string): Promise<number> {
  const info = (await attribute(`${backing}/info`)) ?? '';
  const size = /\bSize: (\d+)\b/.exec(info);
  if (!size)
    throw new StorageError('UnexpectedOutput', `LIO says of ${backing}: ${JSON.stringify(info.slice(0, 200))}`);
  return Number(size[1]);
}
