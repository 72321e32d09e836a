// The options of a back-end with `volume_driver = rbd`; names and defaults are Cinder's where Cinder has them.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/drivers/ceph-rbd-volume-driver.html
import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** A pool's, cluster's or client's name, as it can stand in an image's name and on a command line. */
const plainName = /^[\w][\w.+-]*$/;
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

/** Values as they stand in the INI file. */
export const rbdVolumeOptions = z.object({
  volume_backend_name: z.string().min(1),
  rbd_cluster_name: z.string().regex(plainName, 'the name of a cluster').default('ceph'),
  rbd_pool: z.string().regex(plainName, 'the name of a pool').default('rbd'),
  /** Cephx client, without `client.`; its keyring is where ceph.conf says. Left out: Ceph's own default. */
  rbd_user: z.string().regex(plainName, 'the name of a Ceph client').optional(),
  /** Left out: what librados finds, /etc/ceph/<cluster>.conf. */
  rbd_ceph_conf: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  /** libvirt's secret with the client's key on compute hosts; left out: the cluster's fsid. */
  rbd_secret_uuid: z.string().min(1).optional(),
  rbd_flatten_volume_from_snapshot: flag.default(false),
  /** So many clones of clones, then a clone gets all blocks of its own; 0: every clone does. */
  rbd_max_clone_depth: z.coerce.number().int().min(0).default(5),
  /** MiB of an image's objects. */
  rbd_store_chunk_size: z.coerce.number().int().min(1).default(4),
  /** Seconds; below zero: Ceph's own default. */
  rados_connect_timeout: z.coerce.number().int().default(-1),
  report_dynamic_total_capacity: flag.default(true),
  /** False: what others keep in the pool is counted as well. */
  rbd_exclusive_cinder_pool: flag.default(true),
  max_over_subscription_ratio: z.union([z.literal('auto'), z.coerce.number().min(1)]).default(20),
  reserved_percentage: z.coerce.number().int().min(0).max(100).default(0),
  /** Scoria's own: where this host shows images as files while it reads or writes them. */
  rbd_connections_dir: z.string().refine(isAbsolute, 'must be an absolute path'),
});

export type RbdVolumeOptions = z.infer<typeof rbdVolumeOptions>;
