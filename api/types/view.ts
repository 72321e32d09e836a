// Volume types as clients see them.
import type { ExtraSpecs, VolumeType } from '../../prisma/store/types/types.ts';
import type { RequestContext } from '../http/context.ts';
import { typePolicy } from './policy.ts';

/** Extra specs that say nothing about the back-ends, so that tenants may see them. */
const tenantSpecs: ReadonlySet<string> = new Set(['RESKEY:availability_zones', 'multiattach', 'replication_enabled']);

type Viewer = Pick<RequestContext, 'can'>;

/** A type's extra specs, as far as the caller may know them. */
export function specsView({ extraSpecs }: VolumeType, viewer: Viewer): ExtraSpecs {
  const specs = extraSpecs as ExtraSpecs;
  if (viewer.can(typePolicy.showSensitiveSpecs)) return specs;
  return Object.fromEntries(Object.entries(specs).filter(([key]) => isTenantSpec(key)));
}

/** Extra specs by which anybody may look for types. */
export const isTenantSpec = (key: string): boolean => tenantSpecs.has(key);

export function typeView(type: VolumeType, viewer: Viewer) {
  return {
    id: type.id,
    name: type.name,
    is_public: type.isPublic,
    description: type.description,
    ...(viewer.can(typePolicy.showSpecs) ? { extra_specs: specsView(type, viewer) } : {}),
    ...(viewer.can(typePolicy.showQos) ? { qos_specs_id: type.qosSpecsId } : {}),
  };
}

/** The same with what Cinder's os-volume-type-access extension adds to some answers. */
export function typeViewWithAccess(type: VolumeType, viewer: Viewer) {
  const access = viewer.can(typePolicy.showAccess) ? { 'os-volume-type-access:is_public': type.isPublic } : {};
  return { ...typeView(type, viewer), ...access };
}

/** What creating and changing a type answers: no `qos_specs_id`. */
export function changedTypeView(type: VolumeType) {
  const { id, name, isPublic, extraSpecs, description } = type;
  return { id, name, is_public: isPublic, extra_specs: extraSpecs as ExtraSpecs, description };
}
