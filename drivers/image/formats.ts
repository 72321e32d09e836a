// The formats of disk images: what Glance calls them, what qemu-img calls them, and what their bytes say.
import type { FileHandle } from 'node:fs/promises';
import type { LocalPath } from '../volume/driver.ts';

/** qemu-img's names where Glance has others. https://docs.openstack.org/glance/latest/user/formats.html */
const qemuNames: Readonly<Record<string, string>> = {
  iso: 'raw',
  ami: 'raw',
  ari: 'raw',
  aki: 'raw',
  vhd: 'vpc',
  ploop: 'parallels',
};

/** qemu-img's name for how a volume's bytes are kept. */
export const volumeFormatOf = ({ kind }: LocalPath): 'raw' | 'qcow2' => (kind === 'qcow2' ? 'qcow2' : 'raw');

export const qemuFormatOf = (diskFormat: string): string => qemuNames[diskFormat] ?? diskFormat;

interface Signature {
  readonly format: string;
  readonly at: number;
  readonly bytes: Buffer;
}

const signature = (format: string, at: number, text: string): Signature => ({
  format,
  at,
  bytes: Buffer.from(text, 'latin1'),
});

/** How each format's file begins; https://github.com/qemu/qemu/tree/master/block: the `probe` of each driver. */
const signatures: readonly Signature[] = [
  signature('qcow2', 0, 'QFI\u00fb'),
  signature('vmdk', 0, 'KDMV'),
  // A description that names other files.
  signature('vmdk', 0, '# Disk DescriptorFile'),
  signature('vhdx', 0, 'vhdxfile'),
  signature('vpc', 0, 'conectix'),
  signature('vdi', 0x40, '\u007f\u0010\u00da\u00be'),
  signature('parallels', 0, 'WithoutFreeSpace'),
  signature('parallels', 0, 'WithouFreSpacExt'),
  signature('qed', 0, 'QED\0'),
];

export const headBytes = 4096;
const footerBytes = 512;

export interface Head {
  /** qemu-img's name; `raw` for whatever is no image of a known format. */
  readonly format: string;
  readonly bytes: Buffer;
}

/** Looks at how a file begins, and, for one that should be a VHD, at how it ends: a fixed VHD has only a footer. */
export async function readHead(file: FileHandle, claimed: string): Promise<Head> {
  const bytes = await readAt(file, 0, headBytes);
  const found = signatures.find(({ at, bytes: mark }) => bytes.subarray(at, at + mark.length).equals(mark));
  if (found) return { format: found.format, bytes };
  const { size } = await file.stat();
  if (claimed !== 'vpc' || size < footerBytes) return { format: 'raw', bytes };
  const footer = await readAt(file, size - footerBytes, footerBytes);
  return { format: footer.toString('latin1', 0, 8) === 'conectix' ? 'vpc' : 'raw', bytes };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

export interface Qcow2Head {
  readonly virtualSizeBytes: number;
  readonly hasBackingFile: boolean;
  readonly hasDataFile: boolean;
}

const headOfVersion2Bytes = 72;
const headOfVersion3Bytes = 104;
/** Incompatible feature bit 2: the data is in another file. */
const externalData = 4n;

/** https://github.com/qemu/qemu/blob/master/docs/interop/qcow2.txt; null for one that is cut off. */
export function readQcow2Head(bytes: Buffer): Qcow2Head | null {
  if (bytes.length < headOfVersion2Bytes) return null;
  const version = bytes.readUInt32BE(4);
  if (version >= 3 && bytes.length < headOfVersion3Bytes) return null;
  return {
    virtualSizeBytes: Number(bytes.readBigUInt64BE(24)),
    hasBackingFile: bytes.readBigUInt64BE(8) !== 0n,
    hasDataFile: version >= 3 && (bytes.readBigUInt64BE(72) & externalData) !== 0n,
  };
}
