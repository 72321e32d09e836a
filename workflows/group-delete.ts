// groupDelete: ends what was paused on the group or its volumes, then erases and removes the volumes.
import { closeSuperseded } from './support/superseded.ts';
import { operationWorkflow } from './support/operation.ts';

interface GroupDeleteInput {
  readonly volumeIds: readonly string[];
  readonly supersedes?: readonly string[];
}

export const groupDelete = operationWorkflow('groupDelete', async (run) => {
  const { volumeIds, supersedes = [] } = run.input<GroupDeleteInput>();
  await closeSuperseded(run, supersedes);
  await run.passPointOfNoReturn(volumeIds.flatMap((id) => run.volume(id).host ?? []));
  for (const id of volumeIds) {
    const { host, sizeGib } = run.volume(id);
    if (host === null) continue;
    await run.onVolumeHost(host, `Erase and remove volume ${id}`, (on) =>
      on.removeVolume({ claim: run.claim, volume: { id, sizeGib } }),
    );
  }
  return {};
});
