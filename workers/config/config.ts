// The configuration as the rest of Scoria sees it: camelCase, units last, everything checked.
import type { ImageRules } from '../../api/images/service.ts';
import type { KeystoneOptions } from '../../api/keystone/options.ts';
import type { ScheduleOptions } from '../../domain/scheduler/schedule.ts';
import type { BackupOptions } from '../../drivers/backup/config.ts';
import type { GlanceOptions } from '../../drivers/glance/options.ts';
import type { ImageOptions } from '../../drivers/image/options.ts';
import type { FileVolumeOptions } from '../../drivers/volume/file/config.ts';
import type { NfsVolumeOptions } from '../../drivers/volume/nfs/config.ts';
import type { LvmVolumeOptions } from '../../drivers/volume/lvm/config.ts';
import type { RbdVolumeOptions } from '../../drivers/volume/rbd/config.ts';
import type { commonBackendOptions } from './backend-options.ts';
import type { BackupDriverName, VolumeDriverName } from './driver-names.ts';
import type { fixedSections } from './options.ts';
import type { ValuesOf } from './option.ts';

export interface ApiConfig {
  readonly listenAddress: string;
  readonly port: number;
  /** Processes that listen there. */
  readonly workers: number;
  readonly rateLimit: { readonly perMinute: number; readonly burst: number };
  /** Rows of one page at most. */
  readonly maxLimit: number;
  readonly maxRequestBodyBytes: number;
  readonly publicEndpoint: string | null;
  /** How long a call waits for its workflow before it answers with a time-out. */
  readonly rpcResponseTimeoutMs: number;
  /** Accepted operations that may wait for an unreachable Temporal before requests are refused. */
  readonly backlogLimit: number;
  /** What waited for a paused back-end goes on within this time of its release. */
  readonly backendReleaseOverS: number;
}

export interface PolicyConfig {
  /** What an operator overrides, absolute; it need not exist. */
  readonly file: string;
  readonly enforceNewDefaults: boolean;
}

export interface InternalApiConfig {
  /** Where storage, backup and compute hosts report to. */
  readonly url: string;
  readonly secret: string | null;
}

export interface TemporalConfig {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  /** For links; null where there is no web page. */
  readonly uiUrl: string | null;
  /** Name of the Worker Deployment of the control workers; null = they are not versioned. */
  readonly deploymentName: string | null;
  /** null = the release and a digest of its workflows' code. */
  readonly buildId: string | null;
  readonly tls: {
    readonly caFile: string | null;
    readonly certFile: string | null;
    readonly keyFile: string | null;
    readonly serverName: string | null;
  } | null;
}

export interface BackendConfig {
  /** Name of its section: the `backend` of host@backend. */
  readonly section: string;
  readonly driver: VolumeDriverName;
  /** `volume_backend_name`; the section's name where it is not set. */
  readonly backendName: string;
  readonly availabilityZone: string;
  /** What its driver is made with. */
  readonly options: FileVolumeOptions | LvmVolumeOptions | NfsVolumeOptions | RbdVolumeOptions;
  /** The options that all drivers share, by Cinder's names: target_*, chap_*, volumes_dir, … */
  readonly common: ValuesOf<typeof commonBackendOptions>;
}

export interface StepsConfig {
  readonly maximumAttempts: number;
  readonly initialIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly hostPatienceMs: number;
}

export interface ScoriaConfig {
  readonly host: string;
  readonly myIp: string;
  readonly statePath: string;
  /** For workers that are not root. */
  readonly rootwrapConfig: string;
  readonly cachePath: string;
  /** How a backup host reaches the volumes of other hosts. */
  readonly connector: 'libiscsi' | 'open-iscsi';
  /** Where this host has the configurations and keyrings of Ceph clusters. */
  readonly cephDirectory: string;
  readonly debug: boolean;
  readonly authStrategy: 'keystone' | 'noauth';
  /** null with noauth. */
  readonly keystone: KeystoneOptions | null;
  readonly storageAvailabilityZone: string;
  readonly defaultAvailabilityZone: string;
  readonly allowAvailabilityZoneFallback: boolean;
  readonly clonedVolumeSameAz: boolean;
  readonly snapshotSameHost: boolean;
  readonly defaultVolumeType: string;
  /** `default_group_type`; null = none. */
  readonly defaultGroupType: string | null;
  readonly volumeNameTemplate: string;
  readonly snapshotNameTemplate: string;
  readonly backupNameTemplate: string;
  readonly policy: PolicyConfig;
  readonly api: ApiConfig;
  readonly internalApi: InternalApiConfig;
  readonly database: { readonly connection: string | null };
  /** Where workers answer health checks; null = nowhere. */
  readonly health: { readonly address: string; readonly port: number } | null;
  readonly temporal: TemporalConfig;
  readonly compute: { readonly libvirtUri: string | null };
  readonly serviceDownTimeS: number;
  readonly reportIntervalMs: number;
  readonly scheduler: Required<Omit<ScheduleOptions, 'random'>> & { readonly maxAttempts: number };
  /** Limits of a project that has none of its own; -1 = none. */
  readonly quotaDefaults: Readonly<Record<string, number>>;
  readonly noSnapshotGbQuota: boolean;
  readonly backends: readonly BackendConfig[];
  readonly backup: BackupConfig;
  readonly steps: StepsConfig;
  readonly images: ImagesConfig;
  /** Key to the secrets that are kept in PostgreSQL. */
  readonly secretKey: string | null;
}

export interface ImagesConfig {
  /** Base addresses of Glance; null = what Keystone's catalogue says. */
  readonly servers: readonly string[] | null;
  /** Where in the catalogue that is. */
  readonly catalog: { readonly serviceType: string; readonly interface: 'public' | 'internal' | 'admin' };
  readonly glance: GlanceOptions;
  readonly rules: ImageRules;
  /** Of hosts with volumes. */
  readonly options: ImageOptions;
}

export interface BackupConfig {
  readonly driver: BackupDriverName;
  readonly useSameHost: boolean;
  /** 0 = no limit. */
  readonly maxOperations: number;
  /** What the chunked engine and its store are made with, by Cinder's names. */
  readonly options: BackupOptions;
}

/** What readSection() made of each fixed section. */
export type FixedValues = { readonly [S in keyof typeof fixedSections]: ValuesOf<(typeof fixedSections)[S]> };
