// Reads a range of a volume as a row of pieces: read, hashed and compressed ahead by the threads, handed out in order.
import type { HashingPool } from '../hashing/pool.ts';
import { readError, type Source } from './source.ts';
import { zeroPiece } from './zero-piece.ts';

/** Enough to keep every thread busy; few enough that a second object gets slots too. */
const readAhead = 20;

export interface PieceRequest {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** 0 = no SHA-256s wanted. */
  readonly shaBlockBytes: number;
  readonly deflate: boolean;
}

export interface Piece {
  readonly lengthBytes: number;
  /** What to write: the bytes, or their deflate blocks. Valid until `release`. */
  readonly output: Uint8Array;
  readonly adler: number;
  readonly digests: Uint8Array;
  /** Where the volume's bytes lie; null for zeros that nobody read. */
  readonly slot: number | null;
  /** To be called once nobody looks at `output` and the slot any more. */
  readonly release: () => void;
}

/** The pieces of a range in order. However it is left, every thread has ended its work on the range by then. */
export async function* pieces(pool: HashingPool, source: Source, request: PieceRequest): AsyncGenerator<Piece> {
  const ahead: Promise<Piece>[] = [];
  const end = request.offsetBytes + request.lengthBytes;
  let next = request.offsetBytes;
  try {
    for (;;) {
      while (ahead.length < readAhead && next < end) {
        const lengthBytes = Math.min(pool.pieceBytes, end - next);
        const piece = startPiece(pool, source, request, next, lengthBytes);
        // It is awaited in its turn.
        piece.catch(() => undefined);
        ahead.push(piece);
        next += lengthBytes;
      }
      const piece = ahead.shift();
      if (!piece) return;
      yield await piece;
    }
  } finally {
    for (const piece of await Promise.allSettled(ahead)) if (piece.status === 'fulfilled') piece.value.release();
  }
}

async function startPiece(
  pool: HashingPool,
  source: Source,
  { shaBlockBytes, deflate }: PieceRequest,
  position: number,
  lengthBytes: number,
): Promise<Piece> {
  if (source.isHole(position, lengthBytes)) {
    return { ...zeroPiece(lengthBytes, shaBlockBytes, deflate), slot: null, release: () => undefined };
  }
  const slot = await pool.acquire();
  const release = (): void => pool.release(slot);
  try {
    const job = { fd: source.fd, position, length: lengthBytes, slot, shaBlockBytes, deflate };
    const { half, outBytes, adler, digests } = await pool.piece(job);
    return { lengthBytes, output: pool.halves(slot)[half].subarray(0, outBytes), adler, digests, slot, release };
  } catch (error) {
    release();
    throw readError(error, source);
  }
}
