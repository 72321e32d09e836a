// A volume's whole life through the REST API: every operation that a host carries out, once.
import { expect } from 'vitest';
import type { Tenant } from './tenant.ts';

/** Throws where something does not become what it was asked to be. `attach`: the back-end exports its volumes. */
export async function liveAWholeLife(tenant: Tenant, { attach }: { readonly attach: boolean }): Promise<void> {
  const volumeId = await tenant.create('volume', { size: 1, name: 'a life' });
  await tenant.until('volume', volumeId, 'available');
  if (attach) await attachAndDetach(tenant, volumeId);
  const snapshotId = await tenant.create('snapshot', { volume_id: volumeId });
  await tenant.until('snapshot', snapshotId, 'available');
  const copyId = await tenant.create('volume', { size: 1, snapshot_id: snapshotId });
  await tenant.until('volume', copyId, 'available');
  const backupId = await tenant.create('backup', { volume_id: volumeId });
  await tenant.until('backup', backupId, 'available');
  const restored = await tenant.ask<{ restore: { volume_id: string } }>('POST', `/backups/${backupId}/restore`, {
    restore: { name: 'restored' },
  });
  expect(restored.status).toBe(202);
  const { volume_id: restoredId } = restored.body.restore;
  await tenant.until('backup', backupId, 'available');
  await tenant.until('volume', restoredId, 'available');
  await tenant.act(volumeId, { 'os-extend': { new_size: 2 } });
  expect((await tenant.until('volume', volumeId, 'available'))?.size).toBe(2);
  const all = [
    ['backup', backupId],
    ['snapshot', snapshotId],
    ...[volumeId, copyId, restoredId].map((id) => ['volume', id] as const),
  ] as const;
  for (const [noun, id] of all) {
    await tenant.delete(noun, id);
    await tenant.until(noun, id, 'gone');
  }
}

async function attachAndDetach(tenant: Tenant, volumeId: string): Promise<void> {
  const attachment = await tenant.attach(volumeId);
  expect(attachment.connection_info).toMatchObject({ driver_volume_type: 'iscsi' });
  await tenant.until('volume', volumeId, 'in-use');
  await tenant.detach(attachment.id);
  await tenant.until('volume', volumeId, 'available');
}
