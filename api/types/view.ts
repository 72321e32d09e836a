// Volume types as clients see them.
import type { ExtraSpecs, VolumeType } from '../../prisma/store/types.ts';
import type { Caller } from '../http/context.ts';

/** Extra specs that say nothing about the back-ends, so that tenants may see them. */
const tenantSpecs: ReadonlySet<string> = new Set(['RESKEY:availability_zones', 'multiattach', 'replication_enabled']);

/** A type's extra specs, as far as the caller may know them. */
export function specsView({ extraSpecs }: VolumeType, { isAdmin }: Caller): ExtraSpecs {
  const specs = extraSpecs as ExtraSpecs;
  return isAdmin ? specs : Object.fromEntries(Object.entries(specs).filter(([key]) => tenantSpecs.has(key)));
}

export function typeView(type: VolumeType, caller: Caller) {
  return {
    id: type.id,
    name: type.name,
    is_public: type.isPublic,
    description: type.description,
    extra_specs: specsView(type, caller),
    ...(caller.isAdmin ? { qos_specs_id: type.qosSpecsId } : {}),
  };
}

/** The same with what Cinder's os-volume-type-access extension adds to some answers. */
export function typeViewWithAccess(type: VolumeType, caller: Caller) {
  return { ...typeView(type, caller), 'os-volume-type-access:is_public': type.isPublic };
}

/** What creating and changing a type answers: no `qos_specs_id`. */
export function changedTypeView(type: VolumeType) {
  const { id, name, isPublic, extraSpecs, description } = type;
  return { id, name, is_public: isPublic, extra_specs: extraSpecs as ExtraSpecs, description };
}
