// The whole API: every resource's routes on one application.
import type { Express } from 'express';
import { auditRoutes } from './audits/routes.ts';
import { attachmentRoutes } from './attachments/routes.ts';
import { availabilityZoneRoutes } from './availability-zones/routes.ts';
import { backendRoutes } from './backends/routes.ts';
import { capabilityRoutes } from './capabilities/routes.ts';
import { clusterRoutes } from './clusters/routes.ts';
import { consistencyGroupRoutes } from './consistency-groups/routes.ts';
import { defaultTypeRoutes } from './default-types/routes.ts';
import { backupRoutes } from './backups/routes.ts';
import { extensionRoutes } from './extensions/routes.ts';
import { groupTypeRoutes } from './group-types/routes.ts';
import { groupSnapshotRoutes } from './group-snapshots/routes.ts';
import { groupRoutes } from './groups/routes.ts';
import { healthcheck } from './healthcheck/handler.ts';
import { hostRoutes } from './hosts/routes.ts';
import { createHttpApp } from './http/app.ts';
import type { ApiDeps } from './http/config.ts';
import type { Route } from './http/route.ts';
import { createInternalRouter } from './internal/router.ts';
import { limitRoutes } from './limits/routes.ts';
import { manageableSnapshotRoutes } from './manageable/snapshots.ts';
import { manageableVolumeRoutes } from './manageable/volumes.ts';
import { messageRoutes } from './messages/routes.ts';
import { qosRoutes } from './qos-specs/routes.ts';
import { quotaRoutes } from './quota-sets/routes.ts';
import { resourceFilterRoutes } from './resource-filters/routes.ts';
import { openApi } from './openapi/handler.ts';
import { operationRoutes } from './operations/routes.ts';
import { poolRoutes } from './scheduler-stats/routes.ts';
import { computeHandlers } from './servers/app.ts';
import { serviceRoutes } from './services/routes.ts';
import { snapshotRoutes } from './snapshots/routes.ts';
import { stateResetRoutes } from './state-resets/routes.ts';
import { transferRoutes } from './transfers/routes.ts';
import { typeRoutes } from './types/routes.ts';
import { versionRoot, versionRoutes } from './versions/routes.ts';
import { volumeActionRoutes } from './volume-actions/routes.ts';
import { volumeRoutes } from './volumes/routes.ts';
import { cleanupRoutes } from './cleanup/routes.ts';

/** Every endpoint below /v3; what describes the API or checks it reads this list. */
export const allRoutes: readonly Route[] = [
  ...versionRoutes,
  ...volumeRoutes,
  ...volumeActionRoutes,
  ...snapshotRoutes,
  ...groupRoutes,
  ...groupSnapshotRoutes,
  ...manageableVolumeRoutes,
  ...manageableSnapshotRoutes,
  ...attachmentRoutes,
  ...backupRoutes,
  ...typeRoutes,
  ...defaultTypeRoutes,
  ...qosRoutes,
  ...groupTypeRoutes,
  ...consistencyGroupRoutes,
  ...transferRoutes,
  ...quotaRoutes,
  ...limitRoutes,
  ...serviceRoutes,
  ...hostRoutes,
  ...clusterRoutes,
  ...poolRoutes,
  ...capabilityRoutes,
  ...cleanupRoutes,
  ...availabilityZoneRoutes,
  ...messageRoutes,
  ...resourceFilterRoutes,
  ...extensionRoutes,
  ...operationRoutes,
  ...backendRoutes,
  ...stateResetRoutes,
  ...auditRoutes,
];

/** The API's application; the caller makes it listen. */
export function createApp(deps: ApiDeps): Express {
  const { internalSecret } = deps.config;
  return createHttpApp(deps, {
    routes: allRoutes,
    unversioned: [
      // Without a secret there is no /internal here: a listener of its own can have the router instead.
      ...(internalSecret === null ? [] : [{ path: '/internal', handler: createInternalRouter(deps, internalSecret) }]),
      ...computeHandlers(deps),
      { path: '/openapi.json', handler: openApi(allRoutes) },
      { path: '/healthcheck', handler: healthcheck(deps) },
      { path: '/', handler: versionRoot(deps.config) },
    ],
  });
}
