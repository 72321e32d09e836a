// /resource_filters (3.33): by which fields tenants may filter lists.
import { route } from '../http/route.ts';
import { resourceFilters } from './filters.ts';
import { microversions } from '../http/microversion-table.ts';

export const resourceFilterRoutes = [
  route({
    method: 'GET',
    path: '/resource_filters',
    since: microversions.resourceFilterList,
    policy: 'resource_filters',
    handler: ({ query }) => {
      const wanted = query['resource'];
      const shown = Object.entries(resourceFilters).filter(([resource]) => !wanted || resource === wanted);
      return { body: { resource_filters: shown.map(([resource, filters]) => ({ resource, filters })) } };
    },
  }),
];
