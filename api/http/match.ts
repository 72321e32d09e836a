// Finds the routes of a path: `/volumes/detail` before `/volumes/:id`, with or without a project in front.
import type { Route } from './route.ts';

export interface PathMatch {
  /** Routes of that method and path: several where actions or microversions differ. */
  readonly routes: readonly Route[];
  readonly params: Readonly<Record<string, string>>;
  /** The project that the path names, or null. */
  readonly projectId: string | null;
}

interface PathGroup {
  readonly pattern: readonly string[];
  readonly routes: Route[];
}

/** Cinder's `project_id_regex`: hexadecimal digits and dashes, so that no resource's name can be taken for one. */
const projectPattern = /^[0-9a-f-]+$/;

const isParam = (segment: string): boolean => segment.startsWith(':');
/** Sorts literals before parameters, from the left: `0` and `1` for each segment. */
const rank = ({ pattern }: PathGroup): string => pattern.map((segment) => (isParam(segment) ? '1' : '0')).join('');

/** Compiles a table of routes; `match` answers null for a path or method that no route has. */
export function createMatcher(
  routes: readonly Route[],
): (method: string, segments: readonly string[]) => PathMatch | null {
  const byShape = new Map<string, PathGroup[]>();
  for (const route of routes) {
    const pattern = route.path.split('/').slice(1);
    const shape = `${route.method} ${pattern.length}`;
    const groups = byShape.get(shape) ?? [];
    byShape.set(shape, groups);
    const same = groups.find((group) => group.pattern.join('/') === pattern.join('/'));
    if (same) same.routes.push(route);
    else groups.push({ pattern, routes: [route] });
  }
  for (const groups of byShape.values()) groups.sort((left, right) => (rank(left) < rank(right) ? -1 : 1));

  function find(method: string, segments: readonly string[]): Omit<PathMatch, 'projectId'> | null {
    for (const { pattern, routes: found } of byShape.get(`${method} ${segments.length}`) ?? []) {
      const params = paramsOf(pattern, segments);
      if (params) return { routes: found, params };
    }
    return null;
  }

  return (method, segments) => {
    const [first = '', ...rest] = segments;
    const withProject = projectPattern.test(first) ? find(method, rest) : null;
    if (withProject) return { ...withProject, projectId: first };
    const without = find(method, segments);
    return without && { ...without, projectId: null };
  };
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (isParam(expected) && segment !== '') params[expected.slice(1)] = segment;
    else if (expected !== segment) return null;
  }
  return params;
}
