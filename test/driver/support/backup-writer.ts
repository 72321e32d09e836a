// A process of its own that writes a backup, for tests that kill it in the middle.
// Argument: JSON {base, source, sizeBytes, backup, operationId, settings}. Says how far it is, and "finished".
import {
  createBackup,
  type ChunkedSettings,
  type CreateBackupRequest,
} from '../../../drivers/backup/chunked/backup.ts';
import { HashingPool } from '../../../drivers/backup/hashing/pool.ts';
import { PosixBackupStore } from '../../../drivers/backup/posix/store.ts';
import { newStep } from './step.ts';

export interface WriterRequest {
  readonly base: string;
  readonly source: string;
  readonly sizeBytes: number;
  readonly backup: CreateBackupRequest['backup'];
  readonly operationId: string;
  readonly settings: ChunkedSettings;
}

const { base, source, sizeBytes, backup, operationId, settings } = JSON.parse(process.argv[2] ?? '') as WriterRequest;
const step = newStep({ operationId, reportProgress: (done) => console.log(`done ${done}`) });
const request = { backup, sourcePath: source, sizeBytes, volumeMeta: null, parent: null };
await createBackup(step, new HashingPool(settings.shaBlockBytes), new PosixBackupStore(base), settings, request);
console.log('finished');
