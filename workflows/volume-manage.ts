// volumeManage: take over what an operator names on a back-end, write down what it is, fill it up to whole GiB.
import { control } from './support/control.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeManageInput {
  readonly volumeId: string;
  readonly host: string;
  /** Cinder's `source-name`. */
  readonly name: string;
}

export const volumeManage = operationWorkflow('volumeManage', async (run) => {
  const { volumeId, host, name } = run.input<VolumeManageInput>();
  const request = () => ({ claim: run.claim, volumeId, name });
  run.undo('give it its old name back', () =>
    run.onVolumeHost(host, 'Give it its old name back', (on) => on.abandonVolume(request())),
  );
  const { sizeGib } = await run.onVolumeHost(host, `Take over ${name}`, (on) => on.adoptVolume(request()));
  // Nothing has been taken over in a rehearsal.
  if (run.rehearsing) return {};
  const pool = await control.recordManaged({ claim: run.claim, volumeId, host, sizeGib });
  await run.onVolumeHost(host, `Fill it up to ${sizeGib} GiB`, (on) =>
    on.extendVolume({ claim: run.claim, volume: { id: volumeId, sizeGib }, newSizeGib: sizeGib }),
  );
  return { host: pool, sizeGib };
});
