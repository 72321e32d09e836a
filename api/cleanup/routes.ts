// /workers/cleanup (3.24): Cinder's way to free what a dead service left behind. Here an operation goes on by itself
// when its host returns, so there is nothing to free; the answer says which services are there to do it and which not.
import { z } from 'zod';
import { isUp, listServices, type Service } from '../../prisma/store/services/services.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { flag, text, uuidOrNull } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { microversions } from '../http/microversion-table.ts';

const hostPattern = new RegExp(String.raw`^[a-zA-Z0-9-._#@:/+]*$`);
const host = text({ min: 1, max: 255, pattern: hostPattern }).nullable().optional();
const cleanupSchema = z.strictObject({
  cluster_name: host,
  disabled: flag().optional(),
  host,
  is_up: flag().optional(),
  binary: z.enum(['cinder-volume', 'cinder-scheduler']).optional(),
  resource_id: uuidOrNull().optional(),
  resource_type: text({ max: 40 }).nullable().optional(),
  service_id: z
    .union([z.int(), text({ max: 11, pattern: /^[0-9]*$/ })])
    .nullable()
    .optional(),
});
type Wish = z.output<typeof cleanupSchema>;

const cleanable: readonly string[] = ['Backup', 'Snapshot', 'Volume'];

/** Throws InvalidInput for what is no resource, and for a resource that nothing has to be cleaned of. */
function checkResource({ resource_type: type, resource_id: id, ...wish }: Wish): void {
  const title = type ? type[0]?.toUpperCase() + type.slice(1).toLowerCase() : null;
  if (title !== null && !cleanable.includes(title)) {
    const reason = `Resource type ${title} not valid, must be ${cleanable.slice(0, -1).join(', ')} or ${cleanable.at(-1)}`;
    throw new ApiError('InvalidInput', { reason });
  }
  if (!id || 'service_id' in wish || 'cluster_name' in wish || 'host' in wish) return;
  throw new ApiError('InvalidInput', { reason: `There is no resource with UUID ${id} pending cleanup.` });
}

function isMeant(wish: Wish, up: boolean): (service: Service) => boolean {
  return (service) =>
    (wish.is_up ?? false) === up &&
    (wish.binary === undefined || service.binary === wish.binary) &&
    (!wish.host || service.host === wish.host || service.host.startsWith(`${wish.host}@`)) &&
    // Services have no numbers and no clusters here: none has the one that is asked for.
    !wish.service_id &&
    !wish.cluster_name &&
    (wish.disabled === undefined || service.disabled === wish.disabled);
}

const view = ({ id, host: name, binary }: Service) => ({ id, host: name, binary, cluster_name: null });

async function cleanup({ db, config }: RequestContext, wish: Wish) {
  checkResource(wish);
  const services = await listServices(db, {});
  const meant = services.filter((service) => isMeant(wish, isUp(service, config.serviceDownTimeS))(service));
  const alive = (service: Service): boolean =>
    service.binary === 'cinder-scheduler' || isUp(service, config.serviceDownTimeS);
  return {
    status: 202,
    body: { cleaning: meant.filter(alive).map(view), unavailable: meant.filter((one) => !alive(one)).map(view) },
  };
}

export const cleanupRoutes = [
  route({
    method: 'POST',
    path: '/workers/cleanup',
    since: microversions.workersCleanup,
    policy: 'workers:cleanup',
    schema: cleanupSchema,
    handler: cleanup,
  }),
  // What openstacksdk sends for the same; Cinder knows the path and has no such action.
  route({
    method: 'PUT',
    path: '/workers/:id',
    policy: 'workers:cleanup',
    handler: () => {
      throw new ApiError('ResourceNotFound');
    },
  }),
];
