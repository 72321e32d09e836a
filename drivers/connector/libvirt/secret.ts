// Keeps a plugged volume's CHAP password in libvirt's own secret store, where QEMU gets it from.
// https://libvirt.org/formatsecret.html#iscsi-usage-type
import { createHash } from 'node:crypto';
import { StorageError } from '../../../domain/storage-errors.ts';
import { escapeXml } from './xml.ts';
import { virsh, withInputFile, type Caller, type LibvirtHost } from './client.ts';
import * as commands from './commands.ts';

export interface SecretOwner {
  readonly instanceId: string;
  readonly volumeId: string;
}

/**
 * The secret's UUID, the same on every attempt. One for each instance that has the volume: a multi-attached volume's
 * first unplug must not take the other instance's.
 */
export function secretUuid({ instanceId, volumeId }: SecretOwner): string {
  const digest = createHash('sha256').update(`${instanceId}/${volumeId}`).digest();
  // Version 8 and the RFC's variant, https://www.rfc-editor.org/rfc/rfc9562#section-5.8
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Makes the secret or gives it a new value. It is not ephemeral: the instance needs it when it is started again. */
export async function defineSecret(
  on: LibvirtHost,
  owner: SecretOwner,
  password: string,
  caller: Caller,
): Promise<string> {
  const { volumeId, instanceId } = owner;
  const uuid = secretUuid(owner);
  const what = `storing the CHAP secret of volume ${volumeId} in libvirt`;
  const xml = `<secret ephemeral='no' private='yes'>
  <uuid>${uuid}</uuid>
  <description>CHAP password of volume ${escapeXml(volumeId)} in instance ${escapeXml(instanceId)}</description>
  <usage type='iscsi'><target>${escapeXml(`${volumeId}/${instanceId}`)}</target></usage>
</secret>
`;
  await withInputFile(on, volumeId, xml, (path) => virsh(what, commands.defineSecret(on, path), caller));
  await withInputFile(on, volumeId, password, (path) => virsh(what, commands.setSecret(on, uuid, path), caller));
  return uuid;
}

/** Removes the secret; not there is success. */
export async function removeSecret(on: LibvirtHost, owner: SecretOwner, caller: Caller): Promise<void> {
  try {
    await virsh(
      `removing the CHAP secret of volume ${owner.volumeId}`,
      commands.undefineSecret(on, secretUuid(owner)),
      caller,
    );
  } catch (error) {
    if (!(error instanceof StorageError && error.code === 'Misconfigured')) throw error;
  }
}
