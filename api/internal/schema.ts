// What hosts send.
import { z } from 'zod';

const name = z.string().min(1).max(255);
const gib = z.number().nonnegative();
const epoch = z.string().regex(/^\d{1,18}$/);

const pool = z.object({
  poolName: name,
  totalGib: gib,
  freeGib: gib,
  reservedPercentage: z.int().min(0).max(100),
  maxOverSubscriptionRatio: z.number().positive(),
  thinProvisioning: z.boolean(),
  multiattach: z.boolean(),
  capabilities: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const server = z.object({
  id: z.uuid(),
  name: z.string().max(1024),
  status: z.enum(['ACTIVE', 'SHUTOFF', 'PAUSED', 'ERROR', 'UNKNOWN']),
  vcpus: z.int().nonnegative(),
  memoryMib: z.int().nonnegative(),
});

export const reportSchema = z.object({
  binary: z.enum(['cinder-volume', 'cinder-backup', 'cinder-scheduler', 'nova-compute']),
  host: name,
  availabilityZone: name,
  pools: z.array(pool).optional(),
  servers: z.array(server).optional(),
  obeys: z.iso.datetime().nullish(),
});

export const progressSchema = z.object({
  epoch,
  step: name,
  bytesDone: z.int().nonnegative(),
  bytesTotal: z.int().nonnegative(),
});

export const claimSchema = z.object({ operationId: z.uuid(), epoch });
export const exportsSchema = z.object({ host: name });
export const idSchema = z.uuid();
