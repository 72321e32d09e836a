// What a start of everything may be told, by flags, variables or a calling program.

export interface LaunchOptions {
  readonly stateDir: string;
  /** The operator's configuration; null = the state directory's own. */
  readonly configFile: string | null;
  /** Ports asked for; undefined = the configuration's or the usual one, 0 = any free one. */
  readonly apiPort?: number;
  readonly temporalPort?: number;
  readonly temporalUiPort?: number;
  readonly postgresPort?: number;
  /** Starts a Keystone too, and lets it check tokens. */
  readonly withKeystone?: boolean;
  readonly keystonePort?: number;
  /** Starts a Glance too, and makes volumes from its images. */
  readonly withGlance?: boolean;
  readonly glancePort?: number;
  /** Written as JSON once everything is healthy. */
  readonly readyFile?: string;
  /** Run for each role instead of workers/main.ts: for tests of the launcher itself. */
  readonly roleProgram?: string;
  readonly say: (line: string) => void;
  /** Aborting it while things start stops them again. */
  readonly signal: AbortSignal;
}

/** What runs and where; the ready file holds the same. */
export interface LaunchFacts {
  readonly pid: number;
  readonly stateDir: string;
  readonly configFiles: readonly string[];
  /** `http://host:port`, without /v3. */
  readonly apiUrl: string;
  /** `…/v3/<project>` as in clouds.yaml, and `…/compute/v2.1`. */
  readonly volumeEndpoint: string;
  readonly computeEndpoint: string;
  /** noauth's token for clouds.yaml's project; with Keystone one of its administrator's, good for a day. */
  readonly token: string;
  readonly projectId: string;
  /** `http://…/v3`; null without a Keystone of ours. */
  readonly keystoneUrl: string | null;
  /** `http://…`; null without a Glance of ours. */
  readonly glanceUrl: string | null;
  readonly cloudsFile: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl: string | null;
  readonly temporalCli: string | null;
  /** With its password: the ready file is readable by its owner only. */
  readonly databaseUrl: string;
  /** `address:port` of tgtd; null where it does not run. */
  readonly targetPortal: string | null;
  readonly libvirtUri: string | null;
  readonly pids: Readonly<Record<string, number | null>>;
  readonly logs: Readonly<Record<string, string>>;
}

export interface Launched {
  readonly facts: LaunchFacts;
  /** Stops everything in order; may be called twice. */
  stop(): Promise<void>;
  /** Ends everything at once, without order. */
  kill(): void;
}
