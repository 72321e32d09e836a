// What the bench needs of each of the two servers it compares.
import type { VolumeClient } from './client.ts';
import type { SideName } from './options.ts';

export interface Side {
  readonly name: SideName;
  /** The project in which volumes are made and deleted; it holds nothing else. */
  readonly work: VolumeClient;
  /** The project whose volumes are listed. */
  readonly shelf: VolumeClient;
  /** Gives the shelf exactly so many volumes, by SQL, as copies of the one with `seedId`. */
  fill(seedId: string, rows: number): Promise<void>;
  /** Path of the file that holds a volume's bytes. */
  volumeFile(volumeId: string): Promise<string>;
  /** Root processes by name, for their CPU time. */
  processes(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** Projects as both servers accept them in a URL: hexadecimal. */
export const workProject = 'b'.repeat(32);
export const shelfProject = 'f'.repeat(32);
