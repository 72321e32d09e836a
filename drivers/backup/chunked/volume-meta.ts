// The volume's own metadata inside a backup: a JSON string with Cinder's three sections.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';

const section = z.record(z.string(), z.unknown());

/** Cinder's tags; what Cinder restores: name and description, metadata, image metadata (which makes it bootable). */
const wireVolumeMeta = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  'volume-base-metadata': section.optional(),
  'volume-metadata': section.optional(),
  'volume-glance-metadata': section.optional(),
});

export interface VolumeMeta {
  /** The volume's row in Cinder's column names: `display_name`, `display_description`, `volume_type_id`, … */
  readonly base: Readonly<Record<string, unknown>> | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly imageMetadata: Readonly<Record<string, string>> | null;
}

/** The JSON string for `_metadata`; sections that are null or empty are left out, as Cinder leaves them. */
export function volumeMetaText({ base, metadata, imageMetadata }: VolumeMeta): string {
  const sections = {
    'volume-base-metadata': base,
    'volume-metadata': metadata,
    'volume-glance-metadata': imageMetadata,
  };
  const present = Object.entries(sections).filter(([, values]) => values && Object.keys(values).length > 0);
  return JSON.stringify({ version: 2, ...Object.fromEntries(present) });
}

/** null stays null. Throws BackupCorrupt for anything that Cinder would not restore either. */
export function parseVolumeMeta(text: string | null): VolumeMeta | null {
  if (text === null) return null;
  try {
    const wire = wireVolumeMeta.parse(JSON.parse(text));
    return {
      base: wire['volume-base-metadata'] ?? null,
      metadata: texts(wire['volume-metadata']),
      imageMetadata: texts(wire['volume-glance-metadata']),
    };
  } catch (error) {
    throw new StorageError(
      'BackupCorrupt',
      'the volume metadata in the backup has a version or a form that is not known',
      {
        cause: error,
      },
    );
  }
}

function texts(values: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> | null {
  if (!values) return null;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
