// What every iSCSI target driver promises, asked over the network with a real initiator.
import { randomBytes, randomUUID } from 'node:crypto';
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ChapSecret, ConnectionInfo, ExportRequest, TargetDriver } from '../../../drivers/target/target.ts';
import type { LocalPath } from '../../../drivers/volume/driver.ts';
import { iscsiUrl, lunSize, onLun, stayOnLun } from './iscsi-client.ts';
import { newStep } from './step.ts';

export interface TargetUnderTest {
  readonly target: TargetDriver;
  /** For the files that are exported. */
  readonly directory: string;
  /** The target's machine, when it is another than this one. */
  readonly machine?: TargetMachine;
}

/** Where the exported bytes are, and how this machine's initiator gets there. */
export interface TargetMachine {
  /** Empty bytes to export. */
  newBacking(volumeId: string, sizeBytes: number): Promise<LocalPath>;
  read(path: string, position: number, length: number): Promise<Buffer>;
  grow(path: string, sizeBytes: number): Promise<void>;
  /** The same connection by a portal that this machine can reach. */
  reach(connection: ConnectionInfo): ConnectionInfo;
}

const mib = 1024 ** 2;
export const newChap = (): ChapSecret => ({
  username: randomBytes(8).toString('hex'),
  password: randomBytes(8).toString('hex'),
});

export async function newBacking(directory: string, volumeId: string, sizeBytes = 64 * mib): Promise<string> {
  const path = join(directory, `volume-${volumeId}`);
  await (await open(path, 'w')).close();
  await truncate(path, sizeBytes);
  return path;
}

export async function newExport(directory: string, more: Partial<ExportRequest> = {}): Promise<ExportRequest> {
  const volumeId = randomUUID();
  const path = { path: await newBacking(directory, volumeId), kind: 'file' as const };
  return { volumeId, path, chap: newChap(), readonly: false, ...more };
}

/** This machine, with files in `directory`. */
function ownMachine(directory: string): TargetMachine {
  return {
    newBacking: async (volumeId, sizeBytes) => ({
      path: await newBacking(directory, volumeId, sizeBytes),
      kind: 'file',
    }),
    async read(path, position, length) {
      const file = await open(path, 'r');
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      await file.close();
      return buffer;
    },
    grow: (path, sizeBytes) => truncate(path, sizeBytes),
    reach: (connection) => connection,
  };
}

export function promisesOfTargets(under: () => TargetUnderTest): void {
  const machine = (): TargetMachine => under().machine ?? ownMachine(under().directory);
  const exported = async (more: Partial<ExportRequest> = {}) => {
    const volumeId = randomUUID();
    const path = await machine().newBacking(volumeId, 64 * mib);
    const request: ExportRequest = { volumeId, path, chap: newChap(), readonly: false, ...more };
    const answer = await under().target.exportVolume(newStep(), request);
    const connection = machine().reach(answer);
    return { request, answer, connection, url: iscsiUrl(connection, request.chap) };
  };

  it('lets an initiator with the secret read and write the volume’s own bytes', async () => {
    const { request, connection, url } = await exported();
    expect(connection).toMatchObject({
      driver_volume_type: 'iscsi',
      data: {
        target_lun: 1,
        volume_id: request.volumeId,
        auth_method: 'CHAP',
        access_mode: 'rw',
        encrypted: false,
        qos_specs: null,
      },
    });
    expect(JSON.stringify(connection)).not.toContain(request.chap?.password);
    await onLun(url, 'write -P 0xab 1M 64k', 'read -P 0xab 1M 64k');
    const written = await machine().read(request.path.path, mib, 65_536);
    expect(written.equals(Buffer.alloc(65_536, 0xab))).toBe(true);
    await under().target.removeExport(newStep(), request.volumeId);
  });

  it('refuses an initiator without the secret or with a wrong one', async () => {
    const { request, connection } = await exported();
    const wrong = { ...newChap(), username: request.chap?.username ?? '' };
    await expect(onLun(iscsiUrl(connection, wrong), 'read 0 512')).rejects.toThrow('Authentication');
    await expect(onLun(iscsiUrl(connection, null), 'read 0 512')).rejects.toThrow('log in');
    await under().target.removeExport(newStep(), request.volumeId);
  });

  it('exports twice as once, and disturbs no session doing so', async () => {
    const { request, answer, url } = await exported();
    const working = onLun(url, 'write -P 1 0 8M', 'sleep 500', 'read -P 1 0 8M');
    expect(await under().target.exportVolume(newStep(), request)).toEqual(answer);
    await working;
    expect((await under().target.listExports()).filter((id) => id === request.volumeId)).toHaveLength(1);
    await under().target.removeExport(newStep(), request.volumeId);
  });

  it('takes an export away from an initiator that uses it, and again without complaint', async () => {
    const { request, url } = await exported();
    const end = new AbortController();
    const working = stayOnLun(url, end.signal);
    await under().target.removeExport(newStep(), request.volumeId);
    await under().target.removeExport(newStep(), request.volumeId);
    expect(await under().target.listExports()).not.toContain(request.volumeId);
    await expect(onLun(url, 'read 0 512')).rejects.toMatchObject({ code: 'CommandFailed' });
    end.abort();
    await working;
  });

  it('shows a volume that has grown at its new size', async () => {
    const { request, url } = await exported();
    await machine().grow(request.path.path, 128 * mib);
    await under().target.refreshSize(newStep(), request.volumeId);
    expect(await lunSize(url)).toBe(128 * mib);
    await onLun(url, 'write -P 7 100M 1M', 'read -P 7 100M 1M');
    await under().target.removeExport(newStep(), request.volumeId);
  });

  it('exports read-only when asked to', async () => {
    const { request, url } = await exported({ readonly: true });
    await expect(onLun(url, 'write 0 512')).rejects.toThrow();
    await under().target.removeExport(newStep(), request.volumeId);
  });

  it('exports many volumes at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => exported()));
    await Promise.all(all.map(({ url }, i) => onLun(url, `write -P ${i + 1} 0 4k`)));
    await Promise.all(all.map(({ url }, i) => onLun(url, `read -P ${i + 1} 0 4k`)));
    await Promise.all(all.map(({ request }) => under().target.removeExport(newStep(), request.volumeId)));
    const left = await under().target.listExports();
    expect(left.filter((id) => all.some(({ request }) => request.volumeId === id))).toEqual([]);
  });

  it('never exports under anything but a UUID', async () => {
    const request = { ...(await newExport(under().directory)), volumeId: 'x --op delete' };
    await expect(under().target.exportVolume(newStep(), request)).rejects.toThrow('not a UUID');
  });
}
