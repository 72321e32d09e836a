// What the API needs of the configuration, and what it is made of.
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Database } from '../../prisma/store/database/client.ts';
import type { ImageRules, ImageService } from '../images/service.ts';
import type { OperationOrders } from '../operations/orders.ts';
import type { OperationStarter } from '../operations/starter.ts';
import type { StateChecks } from '../operations/state-checks.ts';
import type { PolicySource } from '../policy/policy-file.ts';
import type { RateLimit } from './rate-limit.ts';

export interface ApiConfig {
  /** Cinder's `host`: what this process calls the machine it runs on. */
  readonly host: string;
  /** `osapi_max_limit`: rows of one page at most. */
  readonly maxLimit: number;
  /** Of each project, in this process. */
  readonly rateLimit: RateLimit;
  /** `max_request_body_size`. */
  readonly maxRequestBodyBytes: number;
  /** `public_endpoint`: what links begin with; null = the address the client used. */
  readonly publicEndpoint: string | null;
  /** `rpc_response_timeout`: how long a synchronous call waits for its workflow. */
  readonly rpcResponseTimeoutMs: number;
  /** `backend_release_over_s`: over how long a release spreads what waited. */
  readonly backendReleaseOverS: number;
  /** `service_down_time`. */
  readonly serviceDownTimeS: number;
  /** Limits of a project that has none of its own: resource → limit, -1 = none. */
  readonly quotaDefaults: Readonly<Record<string, number>>;
  readonly noSnapshotGbQuota: boolean;
  readonly defaultVolumeType: string;
  readonly defaultGroupType: string | null;
  readonly storageAvailabilityZone: string;
  readonly defaultAvailabilityZone: string;
  readonly allowAvailabilityZoneFallback: boolean;
  readonly clonedVolumeSameAz: boolean;
  readonly snapshotSameHost: boolean;
  readonly volumeNameTemplate: string;
  readonly imageRules: ImageRules;
  /** Key to the secrets that are kept in PostgreSQL; null = none can be sealed or read. */
  readonly secretKey: string | null;
  /** What hosts authenticate with on /internal; null = /internal is not served. */
  readonly internalSecret: string | null;
}

export interface ApiDeps {
  readonly db: Database;
  readonly config: ApiConfig;
  readonly operations: OperationStarter;
  readonly orders: OperationOrders;
  readonly stateChecks: StateChecks;
  readonly policies: PolicySource;
  /** Left out or null without an image service. */
  readonly images?: ImageService | null;
  /** Finds out who asks: noauth or keystone. */
  readonly authenticate: RequestHandler;
  readonly log: Logger;
}
