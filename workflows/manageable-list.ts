// manageableList: one page of what a back-end holds; the API waits for it.
import type { ManageablePageRequest } from '../activities/manage.ts';
import { operationWorkflow } from './support/operation.ts';

interface ManageableListInput extends ManageablePageRequest {
  /** host@backend */
  readonly host: string;
}

export const manageableList = operationWorkflow('manageableList', async (run) => {
  const { host, ...page } = run.input<ManageableListInput>();
  return { objects: await run.onVolumeHost(host, `List ${page.kind}`, (on) => on.listManageable(page)) };
});
