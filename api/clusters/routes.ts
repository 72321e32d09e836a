// /clusters (3.7): Cinder's active-active clusters of volume services. Here each back-end has one queue that any worker
// of its host may serve, so there are none.
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';

const policy: Policy = 'clusters:get_all';
const handler = () => ({ body: { clusters: [] } });

export const clusterRoutes = [
  route({ method: 'GET', path: '/clusters', since: '3.7', policy, handler }),
  route({ method: 'GET', path: '/clusters/detail', since: '3.7', policy, handler }),
];
