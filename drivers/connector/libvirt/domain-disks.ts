// Reads the disks of an instance from its libvirt definition.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import { parseXml } from './xml.ts';

export interface DomainDisk {
  /** `vdb`; unique in the instance. */
  readonly target: string;
  /** The volume's id for a disk that Scoria plugged. */
  readonly serial: string | null;
}

const diskSchema = z.object({
  target: z.object({ '@dev': z.string() }),
  serial: z.string().optional(),
});

const domainSchema = z.object({
  domain: z.object({
    // An instance without devices is an empty element, which is read as an empty text.
    devices: z.union([z.object({ disk: z.array(diskSchema).default([]) }), z.literal('')]).optional(),
  }),
});

/** Disks of `xml` (virsh dumpxml), CD-ROM and floppy drives included. Throws StorageError UnexpectedOutput. */
export function parseDisks(xml: string): readonly DomainDisk[] {
  const parsed = domainSchema.safeParse(readable(xml));
  if (!parsed.success) {
    throw new StorageError(
      'UnexpectedOutput',
      `virsh dumpxml answered what cannot be read: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { devices } = parsed.data.domain;
  const disks = typeof devices === 'object' ? devices.disk : [];
  return disks.map(({ target, serial }) => ({ target: target['@dev'], serial: serial ?? null }));
}

function readable(xml: string): unknown {
  try {
    return parseXml(xml);
  } catch (error) {
    throw new StorageError('UnexpectedOutput', 'virsh dumpxml answered something other than XML', { cause: error });
  }
}
