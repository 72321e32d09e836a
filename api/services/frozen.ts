// Freezing a back-end, thawing it, and failing it over: in Cinder's conditions and words.
import { findService, switchFrozen } from '../../prisma/store/services/services.ts';
import { serviceHostOf } from '../../domain/backend-host.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pyRepr } from '../http/python.ts';
import { volumeBinary } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const refuse = (reason: string): never => {
  throw new ApiError('InvalidInput', { reason });
};

function mustNameHost(context: RequestContext, host: string | null | undefined): string {
  if (host) return host;
  return refuse(
    context.atLeast(microversions.clusterReplication)
      ? 'One and only one of cluster and host must be set.'
      : 'Host field is missing.',
  );
}

/** A frozen back-end is given nothing new, and nothing of it is deleted. Throws InvalidInput. */
export function freeze(context: RequestContext, named: string | null | undefined, frozen: boolean): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const host = mustNameHost(context, named);
    const verdict = await switchFrozen(tx, volumeBinary, host, frozen);
    if (verdict === 'no service') refuse(`No service found with host=${host}`);
    if (verdict === 'already so') refuse(cannotChange('frozen', host, frozen ? 'False' : 'True', ''));
    return {};
  });
}

/** Refused: no back-end here replicates, so none has another to fail over to. Throws InvalidInput. */
export async function failOver(context: RequestContext, named: string | null | undefined): Promise<never> {
  const host = mustNameHost(context, named);
  if (!(await findService(context.db, volumeBinary, host))) return refuse(`No service found with host=${host}`);
  return refuse(cannotChange('replication_status', host, "['enabled', 'failed-over']", 'and must be up '));
}

/** Cinder says "to failover" of freezing, too. */
function cannotChange(field: string, host: string, expected: string, up: string): string {
  return `No service could be changed: ${field} in ${pyRepr([host])} must be ${expected} ${up}to failover.`;
}

/** Throws InvalidInput when the back-end of `host` (host@backend#pool) is frozen; one that is not placed is not. */
export async function mustNotBeFrozen({ db }: Pick<RequestContext, 'db'>, host: string | null): Promise<void> {
  if (host === null) return;
  const service = await findService(db, volumeBinary, serviceHostOf(host));
  if (service?.frozen) refuse('Modification operations are not allowed on frozen storage backends.');
}
