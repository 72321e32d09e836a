// How a connection to Glance is made, by Cinder's option names (glance_*).

export interface GlanceOptions {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly insecure: boolean;
  /** Longest silence of Glance before a request is given up. */
  readonly timeoutMs: number;
  /** Further attempts where Glance cannot be reached: `glance_num_retries`. */
  readonly retries: number;
}
