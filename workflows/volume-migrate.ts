// volumeMigrate: to the back-end that an administrator named, with all of its bytes.
import { despitePauses } from './support/backend-wait.ts';
import { control } from './support/control.ts';
import { moveVolume } from './support/move.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeMigrateInput {
  readonly volumeId: string;
  /** host@backend#pool or host@backend. */
  readonly host: string;
}

export const volumeMigrate = operationWorkflow('volumeMigrate', async (run) => {
  const { volumeId, host } = run.input<VolumeMigrateInput>();
  run.show(`Asking whether ${host} can take the volume`);
  const pool = await despitePauses(run, () => control.planMigration({ claim: run.claim, volumeId, host }));
  await moveVolume(run, { volumeId, pool, newTypeId: null });
  return { host: pool };
});
