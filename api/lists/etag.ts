// Entity tags of metadata (3.15): who read it can have a change refused if somebody else has changed it meanwhile.
// https://docs.openstack.org/cinder/latest/contributor/api_microversion_history.html#id14
import { createHash } from 'node:crypto';
import { readEntries, type Entries, type EntriesOf } from '../../prisma/store/database/json-entries.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { microversions } from '../http/microversion-table.ts';

export const etagOf = (entries: Entries): string => createHash('md5').update(JSON.stringify(entries)).digest('hex');

/** Tags of an If-Match header: `"a", W/"b"`, or `*`; null without one. */
function wanted({ atLeast, header }: RequestContext): readonly string[] | null {
  const text = atLeast(microversions.metadataEtags) ? header('if-match') : undefined;
  return text === undefined ? null : text.split(',').map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', ''));
}

/** False when the request names another state of the row's entries; locks the row, so that it stays the answer. */
export async function isMatch(tx: Transaction, context: RequestContext, kind: EntriesOf, id: string): Promise<boolean> {
  const tags = wanted(context);
  if (tags === null || tags.includes('*')) return true;
  return tags.includes(etagOf(await readEntries(tx, kind, id)));
}
