// Chooses every port before anything is started, so that a conflict is one line and not half a start.
import type { LaunchOptions } from './launch-options.ts';
import { claimPort } from './ports.ts';

export interface LaunchPorts {
  readonly api: number;
  /** null = a server that runs already is used. */
  readonly temporal: number | null;
  readonly temporalUi: number | null;
  readonly postgres: number | null;
  /** null = none is started. */
  readonly keystone: number | null;
  /** null = none is started. */
  readonly glance: number | null;
}

/** A flag wins over the configuration, which wins over the usual port. Throws naming the flag of a port in use. */
export async function choosePorts(
  options: LaunchOptions,
  configuredApiPort: number,
  external: { readonly temporal: boolean; readonly postgres: boolean },
): Promise<LaunchPorts> {
  return {
    api: await claimPort({ flag: '--api-port', port: options.apiPort ?? configuredApiPort }),
    temporal: external.temporal
      ? null
      : await claimPort({ flag: '--temporal-port', port: options.temporalPort ?? 7233 }),
    temporalUi: external.temporal
      ? null
      : await claimPort({ flag: '--temporal-ui-port', port: options.temporalUiPort ?? 8233 }),
    postgres: external.postgres ? null : await claimPort({ flag: '--postgres-port', port: options.postgresPort ?? 0 }),
    keystone: options.withKeystone
      ? await claimPort({ flag: '--keystone-port', port: options.keystonePort ?? 5000 })
      : null,
    glance: options.withGlance ? await claimPort({ flag: '--glance-port', port: options.glancePort ?? 9292 }) : null,
  };
}
