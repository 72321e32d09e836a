// Reads what `tgtadm --op show` prints (tgt 1.0.85; the format has not changed since 1.0).
import { StorageError } from '../../../domain/storage-errors.ts';

export interface TgtLun {
  readonly lun: number;
  /** Millions of bytes, rounded down: tgtadm shows no more. */
  readonly sizeMb: number;
  readonly online: boolean;
  readonly readonly: boolean;
  /** null for the controller, LUN 0. */
  readonly path: string | null;
}

/** An initiator that is logged in. */
export interface TgtSession {
  readonly sid: number;
  readonly initiator: string;
  readonly cids: readonly number[];
}

export interface TgtTarget {
  readonly tid: number;
  readonly iqn: string;
  readonly state: string;
  readonly sessions: readonly TgtSession[];
  readonly luns: readonly TgtLun[];
  readonly accounts: readonly string[];
  readonly acl: readonly string[];
}

/** The targets in `tgtadm --op show --mode target`. Throws StorageError UnexpectedOutput for anything else. */
export function parseTargets(text: string): readonly TgtTarget[] {
  const blocks = text.split(/^(?=Target \d+: )/m).filter((block) => block.trim() !== '');
  return blocks.map(parseTarget);
}

function parseTarget(block: string): TgtTarget {
  const heading = /^Target (\d+): (\S+)$/m.exec(block);
  if (!heading || heading.index !== 0) throw unexpected(block);
  const sections = sectionsOf(block);
  const [, tid, iqn = ''] = heading;
  return {
    tid: Number(tid),
    iqn,
    state: field(sections.get('System information') ?? '', 'State') ?? 'unknown',
    sessions: (sections.get('I_T nexus information') ?? '').split(/^(?= +I_T nexus: \d+$)/m).flatMap(parseSession),
    luns: (sections.get('LUN information') ?? '').split(/^(?= +LUN: \d+$)/m).flatMap(parseLun),
    accounts: linesOf(sections.get('Account information')),
    acl: linesOf(sections.get('ACL information')),
  };
}

/** A target's block has sections, each headed by a line indented by four spaces that ends in "information:". */
function sectionsOf(block: string): ReadonlyMap<string, string> {
  const [, ...parts] = block.split(/^ {4}(?=\S.* information:$)/m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf(':\n');
      return [part.slice(0, end), part.slice(end + 2)];
    }),
  );
}

function parseSession(text: string): TgtSession[] {
  const sid = field(text, 'I_T nexus');
  if (sid === null) return [];
  const cids = [...text.matchAll(/^ +Connection: (\d+)$/gm)].map(([, cid]) => Number(cid));
  return [{ sid: Number(sid), initiator: field(text, 'Initiator')?.split(' ')[0] ?? '', cids }];
}

function parseLun(text: string): TgtLun[] {
  const lun = field(text, 'LUN');
  if (lun === null) return [];
  const size = /^(\d+) MB/.exec(field(text, 'Size') ?? '');
  const path = field(text, 'Backing store path');
  if (!size || path === null) throw unexpected(text);
  return [
    {
      lun: Number(lun),
      sizeMb: Number(size[1]),
      online: field(text, 'Online') === 'Yes',
      readonly: field(text, 'Readonly') === 'Yes',
      path: path === 'None' ? null : path,
    },
  ];
}

/** Names in `tgtadm --op show --mode account`. */
export function parseAccounts(text: string): readonly string[] {
  const [heading, ...names] = text.split('\n');
  if (heading !== '' && heading?.trim() !== 'Account list:') throw unexpected(text);
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** `address:port` of each line `Portal: address:port,group` in `tgtadm --op show --mode portal`. */
export function parsePortals(text: string): readonly string[] {
  return [...text.matchAll(/^Portal: (.+),\d+$/gm)].map(([, portal = '']) => portal);
}

function field(text: string, name: string): string | null {
  return new RegExp(`^ +${name}: ?(.*)$`, 'm').exec(text)?.[1]?.trim() ?? null;
}

function linesOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function unexpected(text: string): StorageError {
  return new StorageError('UnexpectedOutput', `tgtadm printed ${JSON.stringify(text.slice(0, 200))}`);
}
