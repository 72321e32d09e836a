// Looks for programs on this machine, in the user's own PATH too.
import { findProgram as findIn } from '../../privileged/find-program.ts';
import { programDirectories } from '../config/environment.ts';

/** Absolute path of the first executable called `name`, or null. */
export const findProgram = (name: string): Promise<string | null> => findIn(name, programDirectories());

/** True when `path`, which is absolute, is a program that this user may run. */
export const isExecutable = async (path: string): Promise<boolean> => (await findIn(path)) !== null;
