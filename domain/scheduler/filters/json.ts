// JsonFilter: only pools for which the hint `query`, a small language of JSON lists, comes out true.
import { parseJsonQuery } from '../json-query.ts';
import { isTruthy } from '../python-values.ts';
import type { SchedulerFilter } from '../spec.ts';

export const jsonFilter: SchedulerFilter = ({ schedulerHints }) => {
  const source = schedulerHints.query;
  if (!source) return null;
  const query = parseJsonQuery(source);
  if ('error' in query) return () => `cannot be judged: the hint query ${query.error}`;
  return (pool) => (isTruthy(query.evaluate(pool)) ? null : `does not match the hint query ${source}`);
};
