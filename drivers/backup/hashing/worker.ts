// A thread of the backup engine: reads, hashes and compresses pieces in memory that it shares with the engine.
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { adler32, adler32OfZeros } from './adler32.ts';
import { deflatePiece, ratio } from './deflate-piece.ts';
import {
  shortReadCode,
  slotHalves,
  type AnswerMessage,
  type Answers,
  type JobMessage,
  type Md5EndJob,
  type Md5UpdateJob,
  type PieceAnswer,
  type PieceJob,
  type SampleJob,
  type SlotLayout,
} from './jobs.ts';

const layout = workerData as SlotLayout;
const sampleBytes = 8_192;
const zeros = Buffer.alloc(layout.pieceBytes);
const md5s = new Map<number, Hash>();
const zeroDigests = new Map<number, Uint8Array>();

function piece(job: PieceJob): PieceAnswer {
  const slot = slotHalves(layout, job.slot);
  const data = slot.in.subarray(0, job.length);
  readAll(job.fd, data, job.position);
  const isZero = zeros.subarray(0, data.length).equals(data);
  const digests = job.shaBlockBytes > 0 ? blockDigests(data, job.shaBlockBytes, isZero) : new Uint8Array();
  if (!job.deflate) return { half: 'in', outBytes: data.length, adler: 1, digests };
  const adler = isZero ? adler32OfZeros(data.length) : adler32(data);
  return { half: 'out', outBytes: deflatePiece(data, slot.out), adler, digests };
}

function readAll(fd: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length;) {
    const read = readSync(fd, target, done, target.length - done, position + done);
    if (read === 0) throw Object.assign(new Error(`ends after ${position + done} bytes`), { code: shortReadCode });
    done += read;
  }
}

function blockDigests(data: Uint8Array, blockBytes: number, isZero: boolean): Uint8Array {
  const digests = new Uint8Array(Math.ceil(data.length / blockBytes) * 32);
  for (let at = 0, n = 0; at < data.length; at += blockBytes, n += 32) {
    const block = data.subarray(at, at + blockBytes);
    digests.set(isZero ? zeroDigest(block.length) : createHash('sha256').update(block).digest(), n);
  }
  return digests;
}

function zeroDigest(length: number): Uint8Array {
  const known = zeroDigests.get(length) ?? createHash('sha256').update(zeros.subarray(0, length)).digest();
  zeroDigests.set(length, known);
  return known;
}

/** MD5 only because Cinder's metadata lists it: it guards against rot, not against an attacker. */
function md5Update({ key, slot, length }: Md5UpdateJob): null {
  const md5 = md5s.get(key) ?? createHash('md5');
  md5s.set(key, md5);
  md5.update((slot === null ? zeros : slotHalves(layout, slot).in).subarray(0, length));
  return null;
}

function md5End({ key }: Md5EndJob): string {
  const md5 = md5s.get(key) ?? createHash('md5');
  md5s.delete(key);
  return md5.digest('hex');
}

/** A sample may lie across the end of the file. */
function sample({ fd, positions }: SampleJob): number {
  const buffer = Buffer.alloc(sampleBytes);
  const ratios = positions.map((position) => ratio(buffer.subarray(0, readSync(fd, buffer, 0, sampleBytes, position))));
  return ratios.reduce((sum, each) => sum + each, 0) / Math.max(1, ratios.length);
}

function answerTo(job: JobMessage): Answers[keyof Answers] {
  switch (job.kind) {
    case 'piece':
      return piece(job);
    case 'md5-update':
      return md5Update(job);
    case 'md5-end':
      return md5End(job);
    case 'sample':
      return sample(job);
  }
}

parentPort?.on('message', (job: JobMessage) => {
  let message: AnswerMessage;
  try {
    message = { id: job.id, value: answerTo(job) };
  } catch (error) {
    const { message: text, code } = error as NodeJS.ErrnoException;
    message = { id: job.id, error: { message: text, ...(code === undefined ? {} : { code }) } };
  }
  parentPort?.postMessage(message);
});
