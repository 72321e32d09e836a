// The links of Cinder's bodies: self, bookmark, and the next page.
import type { RequestContext } from './context.ts';
import { pageOf } from './paging.ts';

export interface Link {
  readonly rel: string;
  readonly href: string;
}

type LinkContext = Pick<RequestContext, 'baseUrl' | 'bookmarkUrl' | 'projectPath' | 'search' | 'query' | 'config'>;

/** `self` and `bookmark` of one resource. */
export function resourceLinks(context: LinkContext, collection: string, id: string): Link[] {
  const { baseUrl, bookmarkUrl, projectPath } = context;
  return [
    { rel: 'self', href: `${baseUrl}${projectPath}/${collection}/${id}` },
    { rel: 'bookmark', href: `${bookmarkUrl}${projectPath}/${collection}/${id}` },
  ];
}

/**
 * `{ volumes_links: [{rel: 'next', …}] }` when the page is full, else `{}`. `path` is the collection's (`volumes`,
 * `volumes/detail`), `name` the key's beginning.
 */
export function nextPage(
  context: LinkContext,
  name: string,
  path: string,
  items: readonly { readonly id: string }[],
): Record<string, Link[]> {
  const last = items.at(-1);
  if (!last || items.length < pageOf(context.query, context.config.maxLimit).limit) return {};
  const pairs = [...context.search].filter(([key]) => key !== 'marker');
  const query = [...pairs, ['marker', last.id] as const]
    .map(([key, value]) => `${quotePlus(key)}=${quotePlus(value)}`)
    .join('&');
  return { [`${name}_links`]: [{ rel: 'next', href: `${context.baseUrl}${context.projectPath}/${path}?${query}` }] };
}

/** Python's urllib.parse.quote_plus. */
function quotePlus(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
