// The fixed environment of every process that Scoria starts: nothing of ours leaks in, and messages are in English.

/** Where programs are looked for; the same directories as oslo.rootwrap's default `exec_dirs`. */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The minimal environment with `extra` on top; LC_ALL=C because parsers read what commands print, and LVM's variable
 * because it warns about every descriptor that it inherits, our lock among them.
 */
export function minimalEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: programPath, LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1', ...extra };
}
