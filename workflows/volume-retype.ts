// volumeRetype: another type, in place where the volume's pool satisfies it, else by a move to one that does.
import { despitePauses } from './support/backend-wait.ts';
import { control } from './support/control.ts';
import { moveVolume } from './support/move.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeRetypeInput {
  readonly volumeId: string;
  readonly newTypeId: string;
  readonly migrationPolicy: 'never' | 'on-demand';
}

export const volumeRetype = operationWorkflow('volumeRetype', async (run) => {
  const { volumeId, newTypeId, migrationPolicy } = run.input<VolumeRetypeInput>();
  run.show('Choosing a pool for the new type');
  const pool = await despitePauses(run, () =>
    control.planRetype({ claim: run.claim, volumeId, newTypeId, migrationPolicy }),
  );
  if (pool !== null) await moveVolume(run, { volumeId, pool, newTypeId });
  return { moved: pool !== null };
});
