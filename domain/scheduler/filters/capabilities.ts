// CapabilitiesFilter: only pools whose capabilities meet the volume type's extra specs.
import { matchesExtraSpec } from '../extra-spec-match.ts';
import { capabilityOf, ownValue } from '../pool-facts.ts';
import type { PoolState, SchedulerFilter } from '../spec.ts';

interface Requirement {
  readonly key: string;
  /** Names from the outermost capability inwards. */
  readonly path: readonly string[];
  readonly value: string;
}

/** Keys of a scope other than `capabilities` (vendors', `provisioning:type`, …) are not for the scheduler. */
function requirementsOf(extraSpecs: Readonly<Record<string, string>>): Requirement[] {
  return Object.entries(extraSpecs).flatMap(([key, value]) => {
    const path = key.split(':');
    if (path.length > 1 && path[0] !== 'capabilities') return [];
    return [{ key, value, path: path[0] === 'capabilities' ? path.slice(1) : path }];
  });
}

function resolve(pool: PoolState, [name, ...inner]: readonly string[]): unknown {
  if (name === undefined) return undefined;
  return inner.reduce((value: unknown, part) => ownValue(value, part), capabilityOf(pool, name));
}

export const capabilitiesFilter: SchedulerFilter = ({ extraSpecs, multiattach, volumeTypeName }) => {
  const requirements = requirementsOf(extraSpecs);
  if (requirements.length === 0 && !multiattach) return null;
  const type = volumeTypeName === null ? 'the volume type' : `volume type ${volumeTypeName}`;
  return (pool) => {
    if (multiattach && !pool.multiattach) return 'does not support multiattach';
    for (const { key, path, value } of requirements) {
      const capability = resolve(pool, path);
      if (capability === undefined) return `does not report the capability ${path.join(':')} that ${type} asks for`;
      if (!matchesExtraSpec(capability, value)) {
        return `has ${path.join(':')} = ${JSON.stringify(capability)}, but ${type} asks for ${key} = ${value}`;
      }
    }
    return null;
  };
};
