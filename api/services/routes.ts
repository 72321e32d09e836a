// /os-services: which services there are, and switching them off and on.
import { changeService, listServices, type ServiceChange } from '../../prisma/store/services/services.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { serviceLogRoutes } from './log-routes.ts';
import { failOver, freeze } from './frozen.ts';
import { disableWithReasonSchema, failoverHostSchema, failoverSchema, freezeSchema, switchSchema } from './schema.ts';
import { serviceView } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const policy = {
  list: 'volume_extension:services:index',
  update: 'volume_extension:services:update',
} as const satisfies PolicyTable;

interface Switch {
  readonly host?: string | null;
  readonly binary?: string;
  readonly service?: string;
  readonly disabled_reason?: string;
}

/** Switches the service that the body names and answers what Cinder answers. */
function switchService(context: RequestContext, asked: Switch, change: ServiceChange): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const { host, service = '', binary = '', disabled_reason: reason } = asked;
    if (!host) throw new ApiError('InvalidInput', { reason: 'Host field is missing.' });
    const name = binary || service;
    if (!(await changeService(tx, name, host, change))) {
      throw new ApiError('ServiceNotFoundOnHost', { service_id: name, host });
    }
    const status = change.disabled ? 'disabled' : 'enabled';
    return {
      body: {
        host,
        service,
        binary,
        status,
        disabled: change.disabled === true,
        ...(reason === undefined ? {} : { disabled_reason: reason }),
      },
    };
  });
}

export const serviceRoutes = [
  route({
    method: 'GET',
    path: '/os-services',
    policy: policy.list,
    handler: async (context) => {
      const services = await listServices(context.db, context.query);
      return { body: { services: services.map((service) => serviceView(service, context)) } };
    },
  }),
  route({
    method: 'PUT',
    path: '/os-services/enable',
    policy: policy.update,
    schema: switchSchema,
    handler: (context, body) => switchService(context, body, { disabled: false, disabledReason: null }),
  }),
  route({
    method: 'PUT',
    path: '/os-services/disable',
    policy: policy.update,
    schema: switchSchema,
    handler: (context, body) => switchService(context, body, { disabled: true, disabledReason: null }),
  }),
  route({
    method: 'PUT',
    path: '/os-services/disable-log-reason',
    policy: policy.update,
    schema: disableWithReasonSchema,
    handler: (context, body) =>
      switchService(context, body, { disabled: true, disabledReason: body.disabled_reason ?? null }),
  }),
  route({
    method: 'PUT',
    path: '/os-services/freeze',
    policy: policy.update,
    schema: freezeSchema,
    handler: (context, { host }) => freeze(context, host, true),
  }),
  route({
    method: 'PUT',
    path: '/os-services/thaw',
    policy: policy.update,
    schema: freezeSchema,
    handler: (context, { host }) => freeze(context, host, false),
  }),
  route({
    method: 'PUT',
    path: '/os-services/failover_host',
    policy: policy.update,
    schema: failoverHostSchema,
    handler: (context, { host }) => failOver(context, host),
  }),
  route({
    method: 'PUT',
    path: '/os-services/failover',
    since: microversions.clusterReplication,
    policy: policy.update,
    schema: failoverSchema,
    handler: (context, { host }) => failOver(context, host),
  }),
  ...serviceLogRoutes,
];
