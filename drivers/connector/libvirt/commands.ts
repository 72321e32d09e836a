// The command lines of virsh(1) that Scoria uses. They are built here and run elsewhere.
import type { Argv } from '../../../privileged/argv.ts';

export interface LibvirtConnection {
  /** `qemu:///system`, or `qemu+unix:///system?socket=…` for a libvirtd of our own. */
  readonly connectionUri: string;
}

/** Of the running instance, of its definition, or both. */
export type Place = '--live' | '--config';

const virsh = ({ connectionUri }: LibvirtConnection, ...words: string[]): Argv => [
  'virsh',
  '--connect',
  connectionUri,
  '--quiet',
  ...words,
];

export const showVersion = (on: LibvirtConnection): Argv => virsh(on, 'version');
export const listNames = (on: LibvirtConnection): Argv => virsh(on, 'list', '--all', '--uuid', '--name');

/** `--nowait`: one hung instance must not hide the others. */
export const listStates = (on: LibvirtConnection): Argv =>
  virsh(on, 'domstats', '--state', '--vcpu', '--balloon', '--nowait');

export const showInstance = (on: LibvirtConnection, id: string): Argv => virsh(on, 'dominfo', id);
export const showLive = (on: LibvirtConnection, id: string): Argv => virsh(on, 'dumpxml', id);
export const showDefinition = (on: LibvirtConnection, id: string): Argv => virsh(on, 'dumpxml', id, '--inactive');

export const attachDevice = (on: LibvirtConnection, id: string, file: string, places: readonly Place[]): Argv =>
  virsh(on, 'attach-device', id, file, ...places);

export const detachDisk = (on: LibvirtConnection, id: string, target: string, place: Place): Argv =>
  virsh(on, 'detach-disk', id, target, place);

export const resizeDisk = (on: LibvirtConnection, id: string, target: string, sizeBytes: number): Argv =>
  virsh(on, 'blockresize', id, target, `${sizeBytes}B`);

export const defineSecret = (on: LibvirtConnection, file: string): Argv => virsh(on, 'secret-define', file);

export const setSecret = (on: LibvirtConnection, uuid: string, file: string): Argv =>
  virsh(on, 'secret-set-value', '--secret', uuid, '--plain', '--file', file);

export const undefineSecret = (on: LibvirtConnection, uuid: string): Argv => virsh(on, 'secret-undefine', uuid);
