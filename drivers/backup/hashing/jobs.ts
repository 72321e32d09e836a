// What the threads of the backup engine are asked to do, and what they answer.

/** Reads one piece of a volume into a slot, hashes its blocks and, for a zlib object, makes its deflate blocks. */
export interface PieceJob {
  readonly kind: 'piece';
  readonly fd: number;
  readonly position: number;
  readonly length: number;
  readonly slot: number;
  /** Bytes per SHA-256; 0 = none wanted. */
  readonly shaBlockBytes: number;
  readonly deflate: boolean;
}

export interface PieceAnswer {
  /** Which half of the slot holds what is to be written. */
  readonly half: 'in' | 'out';
  readonly outBytes: number;
  /** Of the piece alone, as zlib counts it; 1 when nothing was deflated. */
  readonly adler: number;
  /** 32 bytes per block, in order. */
  readonly digests: Uint8Array;
}

/** Adds a slot's bytes, or that many zeros (`slot` null), to the MD5 that `key` names; it begins with the first. */
export interface Md5UpdateJob {
  readonly kind: 'md5-update';
  readonly key: number;
  readonly slot: number | null;
  readonly length: number;
}

/** Answers the MD5 in hexadecimal and forgets it. */
export interface Md5EndJob {
  readonly kind: 'md5-end';
  readonly key: number;
}

/** Answers how small small samples at `positions` became: 1 = they do not compress. */
export interface SampleJob {
  readonly kind: 'sample';
  readonly fd: number;
  readonly positions: readonly number[];
}

export type Job = PieceJob | Md5UpdateJob | Md5EndJob | SampleJob;

export interface Answers {
  readonly piece: PieceAnswer;
  readonly 'md5-update': null;
  readonly 'md5-end': string;
  readonly sample: number;
}

export type JobMessage = Job & { readonly id: number };

export type AnswerMessage =
  | { readonly id: number; readonly value: Answers[keyof Answers] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string } };

/** Raised when a file ends before the piece does. */
export const shortReadCode = 'ESHORTREAD';

/** Where slots lie in the memory that all threads share. */
export interface SlotLayout {
  readonly memory: SharedArrayBuffer;
  readonly pieceBytes: number;
}

/** Room for a piece as stored deflate blocks: 5 bytes for each 65,535 (RFC 1951, 3.2.4), and some. */
export const outBytes = (pieceBytes: number): number => pieceBytes + 5 * Math.ceil(pieceBytes / 65_535) + 64;

export const slotBytes = (pieceBytes: number): number => pieceBytes + outBytes(pieceBytes);

/** The two halves of a slot. */
export function slotHalves(
  { memory, pieceBytes }: SlotLayout,
  slot: number,
): { readonly in: Uint8Array; readonly out: Uint8Array } {
  const start = slot * slotBytes(pieceBytes);
  return {
    in: new Uint8Array(memory, start, pieceBytes),
    out: new Uint8Array(memory, start + pieceBytes, outBytes(pieceBytes)),
  };
}
