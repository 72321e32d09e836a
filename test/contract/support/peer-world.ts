// What the recorded Cinder had when the recordings began: its types, its services and the pools of its two back-ends.
import { seedGroupType } from '../../../prisma/store/groups/group-types.ts';
import type { Database } from '../../../prisma/store/database/client.ts';
import { keepPoolReports } from '../../../prisma/store/capacity/pools.ts';
import { noteService } from '../../../prisma/store/services/services.ts';
import { createType, seedDefaultType } from '../../../prisma/store/types/types.ts';
import { newId } from '../../support/ids.ts';

const services = [
  ['cinder-backup', 'peer'],
  ['cinder-volume', 'peer@lf'],
  ['cinder-scheduler', 'peer'],
  ['cinder-volume', 'peer@lf2'],
] as const;

const common = { storage_protocol: 'local', vendor_name: 'peer', driver_version: '1.0', multiattach: true };
const figures = {
  totalGib: 1e6,
  freeGib: 1e6,
  reservedPercentage: 0,
  maxOverSubscriptionRatio: 1000,
  thinProvisioning: true,
};

/** Makes it; what is seeded at every start is seeded twice, to show that once is enough. */
export async function makePeerWorld(db: Database): Promise<void> {
  for (const seed of [seedDefaultType, seedDefaultType, seedGroupType, seedGroupType]) await seed(db);
  const extraSpecs = { volume_backend_name: 'lf' };
  await createType(db, { id: newId(), name: 'lf', description: null, isPublic: true, extraSpecs });
  for (const [binary, host] of services) await noteService(db, binary, host, 'nova');
  for (const name of ['lf', 'lf2']) {
    const capabilities = { ...common, volume_backend_name: name };
    await keepPoolReports(db, `peer@${name}`, [{ ...figures, name, capabilities }]);
  }
}

/** The message that a project gets whose volume no back-end could take. */
export async function leaveMessage(db: Database, projectId: string): Promise<void> {
  await db.message.create({
    data: {
      id: newId(),
      projectId,
      requestId: `req-${newId()}`,
      resourceType: 'VOLUME',
      resourceId: newId(),
      eventId: 'VOLUME_VOLUME_001_003',
      actionId: '001',
      detailId: '003',
      expiresAt: new Date(Date.now() + 1e9),
    },
  });
}
