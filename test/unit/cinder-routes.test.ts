// Every route of Cinder's v3 API is one of ours, or is left out for a reason.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { allRoutes } from '../../api/app.ts';

const fixture = new URL('../fixtures/cinder-routes.txt', import.meta.url);

/** Routes that are rightly not here. */
const leftOut: readonly { readonly those: RegExp; readonly because: string }[] = [
  {
    those: /^(POST|PUT|DELETE) \/(consistencygroups|cgsnapshots)\b/,
    because: 'groups took their place; they only list',
  },
  { those: /^PUT \/os-hosts/, because: 'Cinder answers NotImplementedError (500): services are enabled and disabled' },
  {
    those: /^POST \/types\/:id\/action (create|update|delete)$/,
    because: 'its code for POST, PUT and DELETE of types',
  },
  { those: /^POST \/groups\/action (?!create-from-src)/, because: 'its router has one method for both paths' },
  { those: /^POST \/groups\/:id\/action create-from-src$/, because: 'the same' },
];

it('has a row for each route of Cinder 29', async () => {
  const ours = new Set(
    allRoutes.map(({ method, path, action }) =>
      [method, path.replaceAll(/:\w+/g, ':id'), action].filter(Boolean).join(' '),
    ),
  );
  const theirs = (await readFile(fixture, 'utf8')).split('\n').filter((line) => /^[A-Z]/.test(line));
  expect(theirs.length).toBeGreaterThan(200);
  const missing = theirs.filter((one) => !ours.has(one) && !leftOut.some(({ those }) => those.test(one)));
  expect(missing).toEqual([]);
  const unneeded = leftOut.filter(({ those }) => !theirs.some((one) => those.test(one) && !ours.has(one)));
  expect(unneeded).toEqual([]);
});
