// Finds the ids of a user that a filter names.
import { readFileSync } from 'node:fs';
import { Refusal } from './decide.ts';

/** Undefined for root itself. Throws Refusal for a user who is not in /etc/passwd. */
export function accountOf(user: string): { uid: number; gid: number } | undefined {
  if (user === 'root') return undefined;
  const ids = idsOf(user);
  if (!ids) throw new Refusal('filters', `the filter's user ${user} is not in /etc/passwd`);
  return ids;
}

/** By name or number; null when there is no such user. */
export function idsOf(user: string): { uid: number; gid: number } | null {
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = rows.find(([name]) => name === user) ?? rows.find(([, , uid]) => uid === user);
  return row ? { uid: Number(row[2]), gid: Number(row[3]) } : null;
}
