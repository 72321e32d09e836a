// How each server that is not Scoria's own is started and watched: PostgreSQL, Temporal, Keystone, Glance, libvirtd.
import { join } from 'node:path';
import { startGlance, type GlanceIdentity } from './glance.ts';
import { startKeystone } from './keystone.ts';
import { startLibvirtd } from './libvirtd.ts';
import { startPostgres } from './postgres.ts';
import type { ChildPlan } from './supervisor.ts';
import { startTemporal } from './temporal.ts';

export function postgresPlan(directory: string, port: number): ChildPlan {
  return {
    name: 'postgres',
    logFile: join(directory, 'postgres.log'),
    start: async (signal) => {
      const { daemon, stop } = await startPostgres({ directory, port, signal });
      return { ...daemon, stop };
    },
  };
}

export function temporalPlan(
  directory: string,
  port: number,
  uiPort: number | null,
  say: (line: string) => void,
): ChildPlan {
  const ui = uiPort === null ? {} : { uiPort };
  return {
    name: 'temporal',
    logFile: join(directory, 'temporal.log'),
    start: async (signal) => {
      const { daemon, stop } = await startTemporal({ directory, port, ...ui, say, signal });
      return { ...daemon, stop };
    },
  };
}

export function keystonePlan(
  directory: string,
  port: number,
  adminPassword: string,
  say: (line: string) => void,
): ChildPlan {
  return {
    name: 'keystone',
    logFile: join(directory, 'keystone.log'),
    start: async (signal) => {
      const { daemon, stop } = await startKeystone({ directory, port, adminPassword, say, signal });
      return { ...daemon, stop };
    },
  };
}

export function glancePlan(
  directory: string,
  port: number,
  identity: GlanceIdentity | null,
  say: (line: string) => void,
): ChildPlan {
  return {
    name: 'glance',
    logFile: join(directory, 'glance.log'),
    start: async (signal) => {
      const { daemon, stop } = await startGlance({ directory, port, identity, say, signal });
      return { ...daemon, stop };
    },
  };
}

/** `onStart` is told the address, the same at each start. */
export function libvirtPlan(directory: string, onStart: (connectionUri: string) => void): ChildPlan {
  return {
    name: 'libvirtd',
    logFile: join(directory, 'libvirtd.log'),
    start: async (signal) => {
      const { daemon, stop, connectionUri } = await startLibvirtd({ directory, signal });
      onStart(connectionUri);
      return { ...daemon, stop };
    },
  };
}
