// volumeExtend: promise the larger size, grow the storage, then tell the target and the instance that use it.
import { control } from './support/control.ts';
import { operationWorkflow } from './support/operation.ts';
import type { OperationRun } from './support/run.ts';

interface VolumeExtendInput {
  readonly volumeId: string;
  readonly newSizeGib: number;
}

export const volumeExtend = operationWorkflow('volumeExtend', async (run) => {
  const { volumeId, newSizeGib } = run.input<VolumeExtendInput>();
  const { host, sizeGib, previousStatus } = run.volume(volumeId);
  if (host === null) throw new Error(`volume ${volumeId} is on no back-end`);
  run.show(`Promising ${newSizeGib} GiB`);
  await control.reserveGrowth({ claim: run.claim, volumeId, newSizeGib });
  await run.passPointOfNoReturn([host]);
  await run.onVolumeHost(host, `Grow from ${sizeGib} to ${newSizeGib} GiB`, (on) =>
    on.extendVolume({ claim: run.claim, volume: { id: volumeId, sizeGib }, newSizeGib }),
  );
  if (previousStatus === 'in-use') await tellUsers(run, volumeId, host, newSizeGib);
  return { newSizeGib };
});

async function tellUsers(run: OperationRun, volumeId: string, host: string, sizeGib: number): Promise<void> {
  await run.onVolumeHost(host, 'Tell the target', (on) => on.refreshExport({ claim: run.claim, volumeId }));
  for (const { instanceId, computeHost } of await control.attachedInstances(volumeId)) {
    await run.onComputeHost(computeHost, 'Tell the instance', (on) =>
      on.resizeInInstance({ claim: run.claim, instanceId, volumeId, sizeGib }),
    );
  }
}
