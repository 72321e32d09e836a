// Scoria's mark of a volume or snapshot on a share: whose it is, how its first file is to be read, who worked on it last.
//
// Several hosts may reach a share. The mark holds the highest epoch that has worked on the object, as the host lock's file
// does on one host: a worker that wakes up late on another machine finds itself overtaken.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { ImageFormat } from './commands.ts';
import { markName } from './names.ts';
import type { ShareFiles } from './share-files.ts';

const markSchema = z.object({
  id: z.string(),
  format: z.enum(['raw', 'qcow2']),
  operationId: z.string(),
  epoch: z.number().int(),
});

export type Mark = z.infer<typeof markSchema>;

/** Null when there is none. Throws UnexpectedOutput for one that makes no sense. */
export async function readMark(files: ShareFiles, id: string): Promise<Mark | null> {
  const text = await files.readText(markName(id));
  if (text === null) return null;
  const parsed = markSchema.safeParse(jsonOrNull(text));
  if (parsed.success && parsed.data.id === id) return parsed.data;
  throw new StorageError('UnexpectedOutput', `${files.path(markName(id))} is not a mark of ${id}`);
}

/** Puts the step's mark on the object, or throws StaleEpoch when a newer claim has worked on it. */
export async function takeMark(files: ShareFiles, id: string, step: StepContext, format: ImageFormat): Promise<Mark> {
  const found = await readMark(files, id);
  if (found && found.epoch > step.epoch) {
    throw new StorageError(
      'StaleEpoch',
      `${files.path(markName(id))}: claim ${found.epoch} of operation ${found.operationId} has worked on it since claim ${step.epoch}`,
    );
  }
  const mark = { id, format: found?.format ?? format, operationId: step.operationId, epoch: step.epoch };
  if (found && found.epoch === mark.epoch && found.operationId === mark.operationId) return found;
  await files.writeText(markName(id), `${JSON.stringify(mark)}\n`);
  return mark;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
