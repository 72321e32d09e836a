// What names an NFS share, and where it is mounted: as os-brick and Cinder do, so that both find each other's mounts.
import { createHash } from 'node:crypto';

/** `host:/path`, `10.0.0.1:/path` or `[fd00::1]:/path`. */
const sharePattern = /^(\[[0-9a-fA-F:.%\w]+\]|[A-Za-z0-9][\w.-]*):(\/[^\s,]*)$/;

export const shareForm = 'host:/path, an IPv6 address in brackets';

export function isShare(text: string): boolean {
  return sharePattern.test(text) && !text.split('/').includes('..');
}

/** The name of the mount point's directory: MD5 of the share as it is written, with which os-brick began. */
export const mountDirectory = (share: string): string => createHash('md5').update(share).digest('hex');

/** What may stand behind `-o`; anything else is not handed to a command of root's. */
export const mountOptionsPattern = /^[\w.:=@/+-]+(,[\w.:=@/+-]+)*$/;

/** True when /proc shows `source` for `share`: a slash at the end is dropped there. */
export function isSameShare(source: string, share: string): boolean {
  const plain = (text: string): string => text.replace(/\/+$/, '').replaceAll(/\/+/g, '/');
  return plain(source) === plain(share);
}
