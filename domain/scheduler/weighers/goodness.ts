// GoodnessWeigher: prefers the pool whose own `goodness_function` rates it highest, from 0 (poor) to 100 (perfect).
import type { Value } from '../expression-operators.ts';
import { poolExpressions } from '../pool-expression.ts';
import { extremes, type Weigher } from './weigher.ts';

function rating(value: Value): number {
  if (typeof value === 'boolean') return value ? 100 : 0;
  return typeof value === 'number' && value >= 0 && value <= 100 ? value : 0;
}

/** No function, one that fails, or one that leaves 0…100 rates 0, as in Cinder. */
export const goodnessWeigher: Weigher = (pools, { spec }) => {
  const evaluate = poolExpressions(spec, 'goodness_function');
  return pools.map((pool) => {
    const outcome = evaluate(pool);
    if (outcome === null || 'error' in outcome || outcome.values.length === 0) return 0;
    return extremes(outcome.values.map(rating))[1];
  });
};
