// The command lines with which LIO's configfs is changed. They are built here and run elsewhere.
//
// The kernel's own interface and not targetcli: that takes a second and more for each call and needs D-Bus.
// https://www.kernel.org/doc/html/latest/target/tcm_mod_builder.html, drivers/target/iscsi/iscsi_target_configfs.c
import type { Argv } from '../../../privileged/argv.ts';

export const configfs = '/sys/kernel/config/target';

/** `iblock` exports a block device, `fileio` a file. */
export type Backing = 'iblock' | 'fileio';

export const backingDirectory = (backing: Backing, name: string): string => `${configfs}/core/${backing}_0/${name}`;
export const targetDirectory = (iqn: string): string => `${configfs}/iscsi/${iqn}`;
export const groupDirectory = (iqn: string): string => `${targetDirectory(iqn)}/tpgt_1`;

export const loadModules: Argv = ['modprobe', '-a', 'iscsi_target_mod', 'target_core_iblock', 'target_core_file'];

/** Makes objects: in configfs each is a directory. */
export const makeObjects = (...directories: readonly string[]): Argv => ['mkdir', '--parents', ...directories];

/** Removes one object; one that is in use stays. */
export const removeObject = (directory: string): Argv => ['rmdir', directory];

/** Sets an attribute to what comes on standard input: a password is on no command line. */
export const setAttribute = (path: string): Argv => ['tee', path];

export const link = (target: string, path: string): Argv => ['ln', '--symbolic', '--no-target-directory', target, path];

export const unlink = (path: string): Argv => ['rm', '--force', path];
