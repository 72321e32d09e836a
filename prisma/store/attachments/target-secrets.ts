// The CHAP credentials of a volume's target: made at first use, sealed on its row, the same ever after.
import { randomBytes } from 'node:crypto';
import type { PrismaClient } from '../../generated/client.ts';
import { seal, unseal } from '../database/sealed.ts';

export interface TargetSecret {
  readonly username: string;
  readonly password: string;
}

const contextOf = (volumeId: string): string => `volumes/${volumeId}/target_secret`;

/** What initiators take for sure: letters and digits, 12 to 16 of them. https://www.rfc-editor.org/rfc/rfc7143#section-12.1 */
function newSecret(): TargetSecret {
  const word = (length: number): string =>
    randomBytes(length * 4)
      .toString('base64')
      .replaceAll(/[^a-zA-Z0-9]/g, '')
      .slice(0, length);
  return { username: word(16), password: word(16) };
}

/** The volume's credentials, or null when it has none, or is not there. */
export async function readTargetSecret(
  db: PrismaClient,
  secretKey: string,
  volumeId: string,
): Promise<TargetSecret | null> {
  const row = await db.volume.findUnique({ where: { id: volumeId }, select: { targetSecret: true } });
  return row?.targetSecret ? openSecret(secretKey, volumeId, row.targetSecret) : null;
}

function openSecret(secretKey: string, volumeId: string, sealed: string): TargetSecret {
  return JSON.parse(unseal(secretKey, contextOf(volumeId), sealed)) as TargetSecret;
}

/** The volume's credentials, made now if it has none; whoever comes first decides. Null when it is not there. */
export async function ensureTargetSecret(
  db: PrismaClient,
  secretKey: string,
  volumeId: string,
): Promise<TargetSecret | null> {
  const existing = await readTargetSecret(db, secretKey, volumeId);
  if (existing) return existing;
  const targetSecret = seal(secretKey, contextOf(volumeId), JSON.stringify(newSecret()));
  await db.volume.updateMany({ where: { id: volumeId, targetSecret: null }, data: { targetSecret } });
  return readTargetSecret(db, secretKey, volumeId);
}

/** A volume that its back-end exports, or may have exported for an operation that is under way. */
export interface WantedExport {
  readonly volumeId: string;
  readonly readonly: boolean;
  readonly chap: TargetSecret | null;
  /** False for one that only an operation uses: the host knows what it had exported for it. */
  readonly attached: boolean;
}

interface ExportRow {
  readonly id: string;
  readonly readonly: boolean;
  readonly targetSecret: string | null;
  readonly attached: boolean;
}

/** What a back-end (`host@backend`) has to export after its target has been started anew. */
export async function listWantedExports(
  db: PrismaClient,
  secretKey: string | null,
  serviceHost: string,
): Promise<WantedExport[]> {
  const rows = await db.$queryRaw<ExportRow[]>`
    SELECT volume.id::text AS id, volume.target_secret AS "targetSecret", attachment.readonly IS NOT NULL AS attached,
      coalesce(volume.admin_metadata->>'readonly' = 'True', false) OR coalesce(attachment.readonly, false) AS readonly
    FROM volumes AS volume
    LEFT JOIN (
      SELECT volume_id, bool_and(coalesce(attach_mode, 'rw') = 'ro') AS readonly FROM attachments
      WHERE deleted_at IS NULL AND connection_info IS NOT NULL GROUP BY volume_id
    ) AS attachment ON attachment.volume_id = volume.id
    WHERE (volume.host = ${serviceHost} OR starts_with(volume.host, ${`${serviceHost}#`})) AND volume.deleted_at IS NULL
      AND (attachment.volume_id IS NOT NULL OR volume.target_secret IS NOT NULL AND EXISTS (
        SELECT FROM operation_resources AS used JOIN operations AS operation ON operation.id = used.operation_id
        WHERE used.resource_id = volume.id AND used.held AND operation.finished_at IS NULL))
    ORDER BY volume.id`;
  return rows.map(({ id, readonly, targetSecret, attached }) => ({
    volumeId: id,
    readonly,
    attached,
    chap: targetSecret !== null && secretKey !== null ? openSecret(secretKey, id, targetSecret) : null,
  }));
}
