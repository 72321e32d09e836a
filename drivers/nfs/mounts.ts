// Reads the kernel's list of mounts, which answers also when a server does not.
import { readFile } from 'node:fs/promises';

export interface MountEntry {
  readonly path: string;
  /** `nfs4`, `nfs`, `tmpfs`, … */
  readonly type: string;
  /** `host:/path` for NFS. */
  readonly source: string;
}

/** What is mounted at exactly `path`, the topmost; null = nothing. */
export async function mountAt(path: string): Promise<MountEntry | null> {
  return (
    parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8')).findLast((entry) => entry.path === path) ?? null
  );
}

/** proc_pid_mountinfo(5): `id parent dev root path options [optional…] - type source superoptions`, octal escapes. */
export function parseMountinfo(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [path, [type, source]] = [left.split(' ')[4], right.split(' ')];
    return path && type && source ? [{ path: unescaped(path), type, source: unescaped(source) }] : [];
  });
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
