// Services as `service-list` shows them.
import { isUp, type Service } from '../../prisma/store/services/services.ts';
import type { RequestContext } from '../http/context.ts';
import { wireTime } from '../http/time.ts';
import { microversions } from '../http/microversion-table.ts';

export const volumeBinary = 'cinder-volume';

export function serviceView(service: Service, { config, atLeast }: RequestContext) {
  const isVolume = service.binary === volumeBinary;
  const up = isUp(service, config.serviceDownTimeS);
  return {
    binary: service.binary,
    host: service.host,
    zone: service.availabilityZone,
    status: service.disabled ? 'disabled' : 'enabled',
    state: up ? 'up' : 'down',
    updated_at: wireTime(service.reportedAt),
    // The scheduler's word: it knows nothing of a back-end that it would give nothing to.
    ...(isVolume && atLeast(microversions.backendState)
      ? { backend_state: up && !service.disabled && !service.frozen ? 'up' : null }
      : {}),
    ...(atLeast(microversions.clusters) ? { cluster: null } : {}),
    disabled_reason: service.disabledReason,
    ...(isVolume ? { replication_status: 'disabled', active_backend_id: null, frozen: service.frozen } : {}),
  };
}
