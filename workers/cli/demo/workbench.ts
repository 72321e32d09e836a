// Where the demo plugs its volumes in and works on their bytes: a guest, or this machine itself.
import type { KnownFiles } from './known-files.ts';

/** One thing done there: what a user would type for it, and how it went. */
export interface Deed {
  readonly typed: string;
  /** Does it, proves it, and answers a line for people; throws at the first thing that is not as it has to be. */
  run(): Promise<string>;
}

export interface Workbench {
  /** For a sentence: "Attach the volume to …". */
  readonly place: string;
  attach(volumeId: string): Deed;
  writeKnownFiles(files: KnownFiles): Deed;
  changeData(files: KnownFiles): Deed;
  detach(volumeId: string): Deed;
  proveBytes(files: KnownFiles): Deed;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/** Throws unless the bytes on the volume are the image's. */
export function mustBeTheImage(files: KnownFiles, sha256: string): void {
  if (sha256 !== files.imageSha256)
    throw new Error(`the volume holds sha256 ${sha256}, what was written has ${files.imageSha256}`);
}

/** As shown to people: enough to compare by eye. */
export const shortDigest = (sha256: string): string => `sha256 ${sha256.slice(0, 16)}…`;
