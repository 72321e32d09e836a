// /consistencygroups and /cgsnapshots: what groups were before 3.13. Scoria has never made any, so lists are empty.
import { ApiError } from '../http/errors.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route, type Route } from '../http/route.ts';

const policy = {
  groups: 'group:get_all',
  group: 'group:get',
  snapshots: 'group:get_all_group_snapshots',
  snapshot: 'group:get_group_snapshot',
} as const satisfies PolicyTable;

function emptyList(name: string, words: string): Route[] {
  const isSnapshot = name === 'cgsnapshots';
  const list = isSnapshot ? policy.snapshots : policy.groups;
  const handler = () => ({ body: { [name]: [] } });
  return [
    route({ method: 'GET', path: `/${name}`, policy: list, handler }),
    route({ method: 'GET', path: `/${name}/detail`, policy: list, handler }),
    route({
      method: 'GET',
      path: `/${name}/:id`,
      policy: isSnapshot ? policy.snapshot : policy.group,
      handler: ({ params }) => {
        throw new ApiError('NotFound', { detail: `${words} ${params['id']} could not be found.` });
      },
    }),
  ];
}

export const consistencyGroupRoutes: readonly Route[] = [
  ...emptyList('consistencygroups', 'Group'),
  ...emptyList('cgsnapshots', 'GroupSnapshot'),
];
