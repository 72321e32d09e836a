// What a back-end and its target really have, a page at a time: for audits.
import { bytesPerGib } from '../domain/bytes.ts';
import type { SurveyKind } from '../domain/audit-classes.ts';
import type { TargetDriver } from '../drivers/target/target.ts';
import type { VolumeDriver } from '../drivers/volume/driver.ts';

export interface SurveyRequest {
  readonly kind: SurveyKind;
  /** Last id of the page before; null for the first. */
  readonly after: string | null;
  readonly limit: number;
}

export interface SurveyPage {
  /** Ids in their order, all that are there up to the last one. */
  readonly found: readonly { readonly id: string; readonly sizeGib: number | null }[];
  /** True when there is nothing beyond. */
  readonly last: boolean;
}

export interface SurveyActivities {
  survey(request: SurveyRequest): Promise<SurveyPage>;
  /** One volume or snapshot: is it there, how large, exported? */
  inspect(subject: InspectRequest): Promise<Inspection>;
}

export interface InspectRequest {
  readonly kind: 'volume' | 'snapshot';
  readonly id: string;
}

export interface Inspection {
  readonly there: boolean;
  /** Null of a snapshot, and where the driver does not say. */
  readonly sizeGib: number | null;
  readonly exported: boolean;
}

/** A volume worker's answers about its own back-end. */
export function createSurveyActivities({
  driver,
  target,
}: {
  readonly driver: VolumeDriver;
  readonly target: TargetDriver | null;
}): SurveyActivities {
  const lists: Record<SurveyKind, () => Promise<readonly string[]>> = {
    volume: async () => (await driver.listObjects()).volumeIds,
    snapshot: async () => (await driver.listObjects()).snapshotIds,
    export: async () => (await target?.listExports()) ?? [],
  };
  return {
    async survey({ kind, after, limit }) {
      const all = (await lists[kind]()).filter((id) => after === null || id > after).toSorted();
      const page = all.slice(0, limit);
      const bytes = kind === 'volume' ? ((await driver.volumeBytes?.(page)) ?? {}) : {};
      const sizeOf = (id: string): number | null => (id in bytes ? (bytes[id] ?? 0) / bytesPerGib : null);
      return { found: page.map((id) => ({ id, sizeGib: sizeOf(id) })), last: all.length <= limit };
    },
    async inspect({ kind, id }) {
      const there = (await lists[kind]()).includes(id);
      const bytes = there && kind === 'volume' ? (await driver.volumeBytes?.([id]))?.[id] : undefined;
      const exported = kind === 'volume' && (await lists.export()).includes(id);
      return { there, sizeGib: bytes === undefined ? null : bytes / bytesPerGib, exported };
    },
  };
}
