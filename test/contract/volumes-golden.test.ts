// Volumes, actions, snapshots, attachments and backups answer as a real Cinder did, request by request.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allRoutes } from '../../api/app.ts';
import { noteService } from '../../prisma/store/services/services.ts';
import { createType, seedDefaultType } from '../../prisma/store/types/types.ts';
import { resetVolume } from '../../prisma/store/volumes/reset.ts';
import { newId } from '../support/ids.ts';
import { startApiLab, type ApiLab } from './support/api-lab.ts';
import { readRecordings, Replayer, type Recording } from './support/golden.ts';
import { createInstantStarter, type InstantStarter } from './support/instant-starter.ts';

/** The type that the recordings made, and what its volumes are like by then. */
const goldType = '361f00f8-398d-448d-97df-4066a476e432';
/** The server whose attachments are Nova's. */
const serverId = '33333333-2222-3333-4444-555555555555';

let lab: ApiLab;
let starter: InstantStarter;
let replayer: Replayer;

beforeAll(async () => {
  lab = await startApiLab();
  const { db, deps } = lab;
  starter = createInstantStarter(db, deps.config.quotaDefaults);
  await seedDefaultType(db);
  const common = { description: null, isPublic: true } as const;
  await createType(db, { ...common, id: newId(), name: 'lf', extraSpecs: { volume_backend_name: 'lf' } });
  const extraSpecs = { volume_backend_name: 'lf', multiattach: '<is> True' };
  await createType(db, { ...common, id: goldType, name: 'gold-t2', extraSpecs });
  await noteService(db, 'cinder-volume', 'peer@lf', 'nova');
  await db.pool.create({ data: { id: 'peer@lf#lf', host: 'peer@lf', name: 'lf', totalGib: 1000, freeGib: 1000 } });
  await db.server.create({ data: { id: serverId, name: 'nova', host: 'peer', status: 'ACTIVE' } });
  replayer = new Replayer(await lab.serve(allRoutes, { operations: starter }));
}, 60_000);
afterAll(() => lab?.stop());

/** Requests in between that this API does not serve (yet), by the number of the recording that they precede. */
const before: Readonly<Record<string, () => Promise<unknown>>> = {
  // By then the recorder had made a type that no back-end has.
  '327': async () => {
    await createType(lab.db, { id: newId(), name: 'gold-nohost', description: null, isPublic: true, extraSpecs: {} });
  },
  // The recorder freed the volume from its server by hand.
  '247': async () => {
    const { id } = await lab.db.volume.findFirstOrThrow({ where: { name: 'gv1b' } });
    await lab.db.$transaction((tx) =>
      resetVolume(tx, { id, status: 'available', attachStatus: 'detached', actor: 'test' }),
    );
  },
};

const ranges = [
  [86, 188],
  [189, 193],
  [195, 261],
  [267, 287],
  [327, 330],
  [334, 334],
  [337, 337],
  [347, 363],
  [366, 370],
  [371, 372],
] as const;

/** Recordings that differ for a reason, and the reason. */
const except: Readonly<Record<string, RegExp>> = {
  // Where a backup is kept begins with its own id.
  '253': /container:/,
  '254': /container:/,
  '255': /container:/,
  '256': /container:/,
  // The backup's own metadata name the restored volume; here no host has read any.
  '270': /volume\.(name|description|metadata\.src_backup_id):/,
};

async function replay(recording: Recording): Promise<string[]> {
  await before[recording.file.slice(0, 3)]?.();
  const differences = await replayer.replay(recording);
  // The recorder waited until everything had come to rest before it went on.
  await starter.settle();
  return differences.filter((difference) => !except[recording.file.slice(0, 3)]?.test(difference));
}

test('every recorded answer about volumes, snapshots, attachments and backups is given again', async () => {
  const recordings = await readRecordings(...ranges);
  expect(recordings.length).toBeGreaterThan(170);
  const found: Record<string, string[]> = {};
  for (const recording of recordings) {
    const differences = await replay(recording);
    if (differences.length > 0) found[recording.file] = differences;
  }
  expect(found).toEqual({});
}, 120_000);
