// DriverFilter: only pools whose own `filter_function`, if they report one, comes out true.
import { poolExpressions } from '../pool-expression.ts';
import { isTruthy } from '../python-values.ts';
import type { SchedulerFilter } from '../spec.ts';

export const driverFilter: SchedulerFilter = (spec) => {
  const evaluate = poolExpressions(spec, 'filter_function');
  return (pool) => {
    const outcome = evaluate(pool);
    if (outcome === null) return null;
    if ('error' in outcome) return `has a filter_function that fails: ${outcome.error}`;
    if (outcome.values.some(isTruthy)) return null;
    return `is ruled out by its filter_function: ${outcome.source}`;
  };
};
