// Writes an initramfs archive in the "newc" cpio format, without a program and without root (device nodes included).
// https://docs.kernel.org/driver-api/early-userspace/buffer-format.html

export interface CpioEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'character-device';
  /** Permission bits, such as 0o755. */
  readonly mode: number;
  readonly content?: Buffer;
  /** Of a device: major and minor number. */
  readonly device?: readonly [major: number, minor: number];
}

const kindBits = { file: 0o100000, directory: 0o040000, 'character-device': 0o020000 } as const;

/** The archive as the kernel unpacks it; the same entries always give the same bytes. */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const end: CpioEntry = { path: 'TRAILER!!!', kind: 'file', mode: 0 };
  return Buffer.concat([...entries.map((entry, index) => record(entry, index + 1)), record(end, 0)].flat());
}

function record(entry: CpioEntry, inode: number): Buffer[] {
  const content = entry.content ?? Buffer.alloc(0);
  const name = Buffer.from(`${entry.path}\0`);
  const [major, minor] = entry.device ?? [0, 0];
  const mode = inode === 0 ? 0 : kindBits[entry.kind] | entry.mode;
  // In the format's order: inode, mode, uid, gid, links, mtime, size, dev (2), rdev (2), length of the name, checksum.
  const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`);
  return [...padded(Buffer.concat([header, name])), ...padded(content)];
}

/** Followed by zeros up to a multiple of four bytes. */
function padded(bytes: Buffer): Buffer[] {
  return [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)];
}
