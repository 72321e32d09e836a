// Which volume types have which QoS specs. Cinder changes this by GET requests, so ours do, too.
import {
  associateType,
  disassociateTypes,
  listAssociatedTypes,
  lockQosSpecs,
  type QosSpecs,
} from '../../prisma/store/types/qos-specs.ts';
import type { VolumeType } from '../../prisma/store/types/types.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { mustLockType } from '../types/lookup.ts';
import { idOf, mustFindQos, qosNotFound } from './lookup.ts';
import { qosPolicy } from './policy.ts';

function typeIdOf({ query }: RequestContext): string {
  const id = query['vol_type_id'];
  if (!id) throw new ApiError('BadRequest', { detail: 'Volume Type id must not be None.' });
  return id;
}

async function lockBoth(tx: Transaction, context: RequestContext, typeId: string): Promise<[QosSpecs, VolumeType]> {
  const specs = await lockQosSpecs(tx, idOf(context));
  if (!specs) throw qosNotFound(idOf(context));
  return [specs, await mustLockType(tx, context, typeId)];
}

function associate(context: RequestContext): Promise<Answer> {
  const typeId = typeIdOf(context);
  return context.inTransaction(async (tx) => {
    const [specs, { qosSpecsId: before }] = await lockBoth(tx, context, typeId);
    if (before !== null && before !== specs.id) {
      throw new ApiError('InvalidVolumeType', {
        reason: `Type ${typeId} is already associated with another qos specs: ${before}`,
      });
    }
    await associateType(tx, typeId, specs.id);
    return emptyAccepted;
  });
}

function disassociate(context: RequestContext): Promise<Answer> {
  const typeId = typeIdOf(context);
  return context.inTransaction(async (tx) => {
    const [specs] = await lockBoth(tx, context, typeId);
    await disassociateTypes(tx, specs.id, typeId);
    return emptyAccepted;
  });
}

function disassociateAll(context: RequestContext): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const specs = await lockQosSpecs(tx, idOf(context));
    if (!specs) throw qosNotFound(idOf(context));
    await disassociateTypes(tx, specs.id);
    return emptyAccepted;
  });
}

async function associations(context: RequestContext): Promise<Answer> {
  const { id } = await mustFindQos(context);
  const types = await listAssociatedTypes(context.db, id);
  return {
    body: {
      qos_associations: types.map((type) => ({ association_type: 'volume_type', name: type.name, id: type.id })),
    },
  };
}

export const associationRoutes = [
  route({ method: 'GET', path: '/qos-specs/:id/associations', policy: qosPolicy.list, handler: associations }),
  route({ method: 'GET', path: '/qos-specs/:id/associate', policy: qosPolicy.update, handler: associate }),
  route({ method: 'GET', path: '/qos-specs/:id/disassociate', policy: qosPolicy.update, handler: disassociate }),
  route({ method: 'GET', path: '/qos-specs/:id/disassociate_all', policy: qosPolicy.update, handler: disassociateAll }),
];
