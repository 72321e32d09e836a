// The version document.
import { maximumMicroversion, minimumMicroversion } from '../http/microversion.ts';

/** `baseUrl` is what comes before `/v3/`. */
export function versionsView(baseUrl: string) {
  return {
    versions: [
      {
        id: 'v3.0',
        status: 'CURRENT',
        version: maximumMicroversion,
        min_version: minimumMicroversion,
        updated: '2023-08-31T00:00:00Z',
        links: [
          { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
          { rel: 'self', href: `${baseUrl}/v3/` },
        ],
        'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
      },
    ],
  };
}
