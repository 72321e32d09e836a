// groupCreateFromSource: a copy of each of a group's volumes, or a volume of each of a group snapshot's snapshots.
import { operationWorkflow } from './support/operation.ts';
import { placeAndCreate, sourceOf, type RequestedSource } from './volume-create.ts';

interface GroupCreateFromSourceInput {
  readonly members: readonly { readonly volumeId: string; readonly source: RequestedSource }[];
}

export const groupCreateFromSource = operationWorkflow('groupCreateFromSource', async (run) => {
  const { members } = run.input<GroupCreateFromSourceInput>();
  for (const { volumeId, source } of members) await placeAndCreate(run, volumeId, sourceOf(run, source));
  return {};
});
