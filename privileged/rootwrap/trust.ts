// Says whether only root can change what is at a path: the file, every directory above it, every link on the way.
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const groupOrOthersMayWrite = 0o022;
const mostLinks = 40;

/**
 * Why somebody other than root could change what `path` leads to, in words; null when nobody can. A sticky directory
 * (/tmp) does not count as safe, nor does a group with root's id: access lists show up as the group's bits.
 */
export function whoElseCanChange(path: string): string | null {
  if (!isAbsolute(path)) return `${path} is not an absolute path`;
  if (path.split('/').includes('..')) return `${path} holds ".."`;
  return changeable(path, mostLinks);
}

function changeable(path: string, linksLeft: number): string | null {
  if (linksLeft === 0) return `${path} is behind too many links`;
  let here = '/';
  for (const part of ['', ...path.split('/').filter((name) => name !== '' && name !== '.')]) {
    here = join(here, part);
    const found = lookAt(here);
    if (typeof found === 'string') return found;
    if (found.uid !== 0) return `${here} belongs to user ${found.uid}, not to root`;
    if (found.isLink) {
      const why = changeable(resolve(dirname(here), readlinkSync(here)), linksLeft - 1);
      if (why !== null) return why;
    } else if ((found.mode & groupOrOthersMayWrite) !== 0) {
      return `${here} can be written by others than root (mode ${(found.mode & 0o7777).toString(8)})`;
    }
  }
  return null;
}

function lookAt(path: string): { uid: number; mode: number; isLink: boolean } | string {
  try {
    const found = lstatSync(path);
    return { uid: found.uid, mode: found.mode, isLink: found.isSymbolicLink() };
  } catch (error) {
    return `${path} cannot be looked at (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}
