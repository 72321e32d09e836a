// Runs the expression that a pool reports under a capability (`filter_function`, `goodness_function`) for a request.
import { compileExpression, type Expression, type Scope } from './expression.ts';
import type { Value } from './expression-operators.ts';
import { ExpressionError } from './expression-tokens.ts';
import { capabilityOf, ownValue, stateOf } from './pool-facts.ts';
import type { PoolState, RequestSpec } from './spec.ts';

export type ExpressionOutcome =
  /** One value; several when the expression uses a storage protocol that has several names. */
  { readonly source: string; readonly values: readonly Value[] } | { readonly source: string; readonly error: string };

function volumeProperties(spec: RequestSpec): Record<string, unknown> {
  return {
    id: spec.volumeId,
    size: spec.sizeGib,
    availability_zone: spec.availabilityZone,
    multiattach: spec.multiattach,
    volume_type: spec.volumeTypeName,
  };
}

/** Cinder's five namespaces. */
function scopeOf(spec: RequestSpec, volume: Record<string, unknown>, pool: PoolState, protocol: unknown): Scope {
  const isProtocol = (entry: string): boolean => protocol !== undefined && entry === 'storage_protocol';
  const namespaces: Readonly<Record<string, (entry: string) => unknown>> = {
    stats: (entry) => (isProtocol(entry) ? protocol : stateOf(pool, entry)),
    capabilities: (entry) => (isProtocol(entry) ? protocol : capabilityOf(pool, entry)),
    extra: (entry) => ownValue(spec.extraSpecs, entry),
    qos: (entry) => ownValue(spec.qosSpecs, entry),
    volume: (entry) => ownValue(volume, entry),
  };
  return (namespace, entry) => (Object.hasOwn(namespaces, namespace) ? namespaces[namespace]?.(entry) : undefined);
}

function attempt<Result>(run: () => Result): Result | ExpressionError {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

/** Evaluates `capability` of each pool given; null where the pool reports none. Equal sources are compiled once. */
export function poolExpressions(
  spec: RequestSpec,
  capability: 'filter_function' | 'goodness_function',
): (pool: PoolState) => ExpressionOutcome | null {
  const compiled = new Map<string, Expression | ExpressionError>();
  const volume = volumeProperties(spec);
  return (pool) => {
    const reported = capabilityOf(pool, capability);
    if (reported === undefined || reported === null) return null;
    const source = typeof reported === 'string' ? reported : JSON.stringify(reported);
    const expression = compiled.get(source) ?? attempt(() => compileExpression(source));
    compiled.set(source, expression);
    if (expression instanceof ExpressionError) return { source, error: expression.message };
    const protocol = capabilityOf(pool, 'storage_protocol');
    const variants: readonly unknown[] =
      Array.isArray(protocol) && source.includes('storage_protocol') ? protocol : [undefined];
    const values = attempt(() => variants.map((variant) => expression(scopeOf(spec, volume, pool, variant))));
    return values instanceof ExpressionError ? { source, error: values.message } : { source, values };
  };
}
