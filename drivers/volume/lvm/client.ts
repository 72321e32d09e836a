// Runs LVM's commands on one volume group and puts its refusals into words.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import { CommandFailedError } from '../../../privileged/run.ts';
import type { StepContext } from '../../step.ts';
import { showGroup, showNamed, showVolumes } from './commands.ts';
import { parseGroup, parseVolumes, refusalOf, type LogicalVolume, type VolumeGroup } from './parse.ts';

/** LVM waits for its lock on the group without a word, while others work on it or disks are slow. */
const silenceTimeoutMs = 120_000;
/** 100,000 logical volumes print about 40 MB. */
const maxOutputChars = 256 * 1024 * 1024;

export class LvmClient {
  readonly group: string;
  readonly #option: string;

  /** `option` is where the group's name comes from: `lvm-1.volume_group`. */
  constructor(group: string, option: string) {
    this.group = group;
    this.#option = option;
  }

  /** Throws StorageError Misconfigured when the group is not there, InsufficientSpace when it is full, Busy, Missing. */
  async run(argv: Argv, step?: Pick<StepContext, 'signal' | 'lockFd'>): Promise<string> {
    const { signal, lockFd } = step ?? {};
    try {
      const { stdout } = await runAsRoot(argv, { silenceTimeoutMs, maxOutputChars, signal, lockFd });
      return stdout;
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      throw refusalOf(error.stderr, this.group, this.#option) ?? error;
    }
  }

  async showGroup(): Promise<VolumeGroup> {
    return parseGroup(await this.run(showGroup(this.group)));
  }

  async all(): Promise<readonly LogicalVolume[]> {
    return parseVolumes(await this.run(showVolumes(this.group)));
  }

  /** The named LVs that are there, and their snapshots. */
  async named(...names: readonly string[]): Promise<readonly LogicalVolume[]> {
    return parseVolumes(await this.run(showNamed(this.group, names)));
  }

  async find(name: string): Promise<LogicalVolume | null> {
    return (await this.named(name)).find((lv) => lv.name === name) ?? null;
  }

  /** Throws Missing, naming the LV and the option that says where it should be. */
  async mustFind(name: string): Promise<LogicalVolume> {
    const found = await this.find(name);
    if (found) return found;
    throw new StorageError('Missing', `${name} is not in volume group ${this.group} (option ${this.#option})`);
  }
}
