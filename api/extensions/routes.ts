// /extensions: which extensions there are.
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { extensions } from './extensions.ts';

const policy: Policy = 'extensions';

const views = extensions.map(([alias, name, description, updated]) => ({
  name,
  alias,
  description,
  updated,
  links: [],
}));

export const extensionRoutes = [
  route({ method: 'GET', path: '/extensions', policy, handler: () => ({ body: { extensions: views } }) }),
  route({
    method: 'GET',
    path: '/extensions/:alias',
    policy,
    handler: ({ params }) => {
      const extension = views.find(({ alias }) => alias === params['alias']);
      if (!extension) throw new ApiError('ResourceNotFound');
      return { body: { extension } };
    },
  }),
];
