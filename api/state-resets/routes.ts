// /state-resets: looks at a volume, snapshot or backup where it is, proposes the state of its row, and sets it when told.
import type { StateFacts, StateProposal } from '../../domain/state-check.ts';
import { applyState } from '../../prisma/store/states/apply.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { OrderRefusedError } from '../operations/order.ts';
import { stateResetSchema, type StateReset } from './schema.ts';

const policy = { reset: 'state_reset:create' } as const satisfies PolicyTable;

async function reset(context: RequestContext, wish: StateReset): Promise<Answer> {
  const { resource, id } = wish;
  const check = await context.stateChecks.look({ resource, id }).catch((error: unknown) => {
    if (!(error instanceof OrderRefusedError)) throw error;
    context.log.warn({ err: error }, 'no look at the storage');
    throw new ApiError('Conflict', { detail: error.message });
  });
  if (check === null) throw new ApiError('NotFound', { detail: `${resource} ${id} could not be found.` });
  const { facts, found, proposal, because } = check;
  const isRight = proposal !== null && isAsProposed(facts, proposal);
  const answer = (applied: boolean): Answer => ({
    body: {
      state_reset: {
        ...{ resource, id, status: facts.status, found, because, applied },
        proposal: proposal && { status: proposal.status, attach_status: proposal.attachStatus },
        already_right: isRight,
        operations_under_way: facts.underWay,
      },
    },
  });
  if (!wish.apply || (isRight && facts.underWay.length === 0)) return answer(false);
  if (proposal === null) throw new ApiError('Conflict', { detail: `No state can be proposed: ${because}.` });
  const [busy] = facts.underWay;
  if (busy && !wish.despite_operation) {
    const what = `operation ${busy.id} (${busy.kind}) is ${busy.state}: retry or abort it, or ask for despite_operation`;
    throw new ApiError('Conflict', { detail: `${resource} ${id}: ${what}.` });
  }
  return context.inTransaction(async (tx) => {
    const actor = `${context.userId} (API, ${context.requestId})`;
    const change = { facts, proposal, actor, reason: `${wish.reason ?? ''} (${because})` };
    if (await applyState(tx, change, context.config.serviceDownTimeS)) return answer(true);
    throw new ApiError('Conflict', { detail: `${resource} ${id} has changed meanwhile: look again.` });
  });
}

function isAsProposed({ status, attachStatus }: StateFacts, proposal: StateProposal): boolean {
  return status === proposal.status && (proposal.attachStatus === null || attachStatus === proposal.attachStatus);
}

export const stateResetRoutes = [
  route({
    method: 'POST',
    path: '/state-resets',
    policy: policy.reset,
    schema: stateResetSchema,
    handler: (context, body) => reset(context, body.state_reset),
  }),
];
