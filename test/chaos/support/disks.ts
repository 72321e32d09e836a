// Small disks (tmpfs) under the storage of the lab, which can be filled to the last byte and emptied again at once.
import { mkdir, statfs } from 'node:fs/promises';
import { mustRunTool } from '../../../privileged/tool.ts';

const toolMs = { timeoutMs: 10_000 };
const roomy = 'size=1g,nr_inodes=100k';

export class Disk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts one; it is gone with the mount namespace, or by `remove`. */
  static async mount(path: string): Promise<Disk> {
    await mkdir(path, { recursive: true });
    await mustRunTool('mount', ['-t', 'tmpfs', '-o', `mode=700,${roomy}`, 'scoria-chaos', path], toolMs);
    return new Disk(path);
  }

  /** Shrinks it to what is in it: every write of a new block, and every new file, finds no space left. */
  async fill(): Promise<void> {
    const { bsize, blocks, bfree, files, ffree } = await statfs(this.path);
    // Zero means no limit to tmpfs(5).
    const bytes = Math.max(1, blocks - bfree) * bsize;
    await this.#remount(`size=${bytes},nr_inodes=${Math.max(1, files - ffree)}`);
  }

  async empty(): Promise<void> {
    await this.#remount(roomy);
  }

  async remove(): Promise<void> {
    await mustRunTool('umount', ['--lazy', this.path], toolMs);
  }

  async #remount(options: string): Promise<void> {
    await mustRunTool('mount', ['-o', `remount,${options}`, this.path], toolMs);
  }
}
