// groupCreate: choose the pool whose back-end the group's volumes will share; its storage comes with them.
import { despitePauses } from './support/backend-wait.ts';
import { control } from './support/control.ts';
import { operationWorkflow } from './support/operation.ts';

export const groupCreate = operationWorkflow('groupCreate', async (run) => {
  const { groupId } = run.input<{ groupId: string }>();
  run.show('Choosing a pool for the group');
  return { host: await despitePauses(run, () => control.placeGroup({ claim: run.claim, groupId })) };
});
