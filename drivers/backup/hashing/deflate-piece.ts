// Makes deflate blocks of one piece, such that the pieces' blocks one after another are one zlib stream.
//
// Cinder decompresses an object as a single zlib stream. Blocks that end on a byte (a sync flush, or stored blocks) can
// be made apart from one another, as pigz does, so that every core compresses: RFC 1951, section 3.2.4.
import { constants, deflateRawSync } from 'node:zlib';

/** CMF and FLG of a stream with a 32 KiB window: RFC 1950, section 2.2. */
export const streamHeader = Uint8Array.of(0x78, 0x01);
const emptyLastBlock = Uint8Array.of(0x01, 0x00, 0x00, 0xff, 0xff);

/** An empty last block and the checksum of all that the stream holds. */
export function streamTrailer(adler: number): Uint8Array {
  const trailer = Buffer.alloc(emptyLastBlock.length + 4);
  trailer.set(emptyLastBlock);
  trailer.writeUInt32BE(adler, emptyLastBlock.length);
  return trailer;
}

// Level 1 makes a file system's data about an eighth larger than Cinder's level 6 and takes a third of its time.
const level = 1;
const maxStoredBytes = 65_535;
const sampleBytes = 4_096;
const samples = 4;
/** Data that shrinks by less is stored: deflating it costs ten times as much as storing it. */
export const worthwhileRatio = 0.94;

/** Deflated blocks that end on a byte. */
export function deflated(piece: Uint8Array): Uint8Array {
  return deflateRawSync(piece, { level, finishFlush: constants.Z_SYNC_FLUSH });
}

/** Writes the piece's blocks to `out` and answers their length: deflated if that makes them smaller, else stored. */
export function deflatePiece(piece: Uint8Array, out: Uint8Array): number {
  if (sampledRatio(piece) < worthwhileRatio) {
    const blocks = deflated(piece);
    if (blocks.length < piece.length) {
      out.set(blocks);
      return blocks.length;
    }
  }
  return storePiece(piece, out);
}

/** How small a few samples of `piece` become, as a share of their size. */
export function sampledRatio(piece: Uint8Array): number {
  if (piece.length <= samples * sampleBytes) return ratio(piece);
  const step = Math.floor((piece.length - sampleBytes) / (samples - 1));
  const ratios = Array.from({ length: samples }, (_, n) => ratio(piece.subarray(n * step, n * step + sampleBytes)));
  return ratios.reduce((sum, each) => sum + each, 0) / samples;
}

export function ratio(bytes: Uint8Array): number {
  return bytes.length === 0 ? 1 : deflateRawSync(bytes, { level }).length / bytes.length;
}

function storePiece(piece: Uint8Array, out: Uint8Array): number {
  let written = 0;
  for (let at = 0; at < piece.length; at += maxStoredBytes) {
    const block = piece.subarray(at, at + maxStoredBytes);
    const size = block.length;
    out.set([0x00, size & 0xff, size >> 8, ~size & 0xff, (~size >> 8) & 0xff], written);
    out.set(block, written + 5);
    written += 5 + size;
  }
  return written;
}
