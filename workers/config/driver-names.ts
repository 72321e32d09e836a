// The drivers by every name that a cinder.conf may call them, and which of them are here yet.
import { z } from 'zod';
import type { Kind } from './option.ts';

interface DriverRow {
  readonly isAvailable: boolean;
  /** Cinder's class paths (https://docs.openstack.org/cinder/latest/configuration/block-storage/volume-drivers.html). */
  readonly classPaths: readonly string[];
}

export const volumeDriverTable = {
  file: { isAvailable: true, classPaths: [] },
  lvm: {
    isAvailable: true,
    classPaths: [
      'cinder.volume.drivers.lvm.LVMVolumeDriver',
      'cinder.volume.drivers.lvm.LVMISCSIDriver',
      'cinder.volume.drivers.lvm.ThinLVMVolumeDriver',
    ],
  },
  nfs: { isAvailable: true, classPaths: ['cinder.volume.drivers.nfs.NfsDriver'] },
  rbd: { isAvailable: true, classPaths: ['cinder.volume.drivers.rbd.RBDDriver'] },
  glusterfs: { isAvailable: false, classPaths: ['cinder.volume.drivers.glusterfs.GlusterfsDriver'] },
} as const satisfies Readonly<Record<string, DriverRow>>;

export type VolumeDriverName = 'file' | 'lvm' | 'nfs' | 'rbd';

export const backupDriverTable = {
  posix: { isAvailable: true, classPaths: ['cinder.backup.drivers.posix.PosixBackupDriver'] },
  nfs: { isAvailable: true, classPaths: ['cinder.backup.drivers.nfs.NFSBackupDriver'] },
  swift: { isAvailable: false, classPaths: ['cinder.backup.drivers.swift.SwiftBackupDriver'] },
  s3: { isAvailable: false, classPaths: ['cinder.backup.drivers.s3.S3BackupDriver'] },
  ceph: { isAvailable: false, classPaths: ['cinder.backup.drivers.ceph.CephBackupDriver'] },
  glusterfs: { isAvailable: false, classPaths: ['cinder.backup.drivers.glusterfs.GlusterfsBackupDriver'] },
  google: { isAvailable: false, classPaths: ['cinder.backup.drivers.gcs.GoogleBackupDriver'] },
} as const satisfies Readonly<Record<string, DriverRow>>;

export type BackupDriverName = 'posix' | 'nfs';

/** A driver by Scoria's short name or by Cinder's class path. */
function driverKind<Name extends string>(table: Readonly<Record<string, DriverRow>>): Kind<Name> {
  const available = Object.entries(table).filter(([, row]) => row.isAvailable);
  const nameOf = new Map(
    available.flatMap(([name, row]) => [name, ...row.classPaths].map((alias) => [alias, name as Name] as const)),
  );
  const missing = Object.entries(table).filter(([, row]) => !row.isAvailable);
  const schema = z
    .string()
    .refine((value) => nameOf.has(value))
    .transform((value) => nameOf.get(value) as Name);
  return {
    schema,
    allowed: `${[...nameOf.keys()].join(', ')} (not available yet: ${missing.map(([name]) => name).join(', ')})`,
  };
}

export const volumeDriverKind: Kind<VolumeDriverName> = driverKind<VolumeDriverName>(volumeDriverTable);
export const backupDriverKind: Kind<BackupDriverName> = driverKind<BackupDriverName>(backupDriverTable);
