// Command lines for every filter class, on which oslo.rootwrap and we agree, or of which we say why not.
import { readlinkSync } from 'node:fs';

export interface FilterCase {
  /** One or several lines below `[Filters]`. */
  readonly filters: string;
  readonly words: readonly string[];
  /** The deciding filter's name, or what refuses: no filter, or the program is missing. */
  readonly decision: { readonly filter: string } | { readonly refused: 'filters' | 'program' };
  /** Set where oslo.rootwrap lets pass what we refuse: our refusal's reason. */
  readonly stricter?: RegExp;
}

const by = (filter: string): FilterCase['decision'] => ({ filter });
const no: FilterCase['decision'] = { refused: 'filters' };
const absent: FilterCase['decision'] = { refused: 'program' };

/** Each filter line (or lines) with the words it is asked about. */
const table: readonly (readonly [
  filters: string,
  ...rows: (readonly [words: string | readonly string[], decision: FilterCase['decision'], stricter?: RegExp])[],
])[] = [
  [
    'a: CommandFilter, ls, root',
    ['ls', by('a')],
    ['ls -l /', by('a')],
    ['/bin/ls', no],
    ['lsof', no],
    [['ls', '/a/../etc'], no, /"\.\." in a path/],
    [['ls', 'a\nb'], no, /control character/],
  ],
  ['a: CommandFilter, /bin/ls, root', ['ls', by('a')], ['/bin/ls /', by('a')], ['/usr/bin/ls', no]],
  ['a: CommandFilter, no-such-program, root', ['no-such-program', absent]],
  ['a: CommandFilter, no-such-program, root\nb: RegExpFilter, ls, root, no-such-program', ['no-such-program', by('b')]],
  ['a: NoSuchFilter, ls, root\nb: CommandFilter, ls, root', ['ls', by('b')]],
  ['B: CommandFilter, ls, root\nb: CommandFilter, cat, root', ['cat', by('b')], ['ls', no]],
  ['a: CommandFilter, ls,\n  root\n# comment\n  ; another', ['ls', by('a')]],
  [
    'a: RegExpFilter, ls, root, ls, -[la]+, /srv/\\w+',
    ['ls -l /srv/x', by('a')],
    ['ls -l /srv/x /etc', no],
    ['ls -l', no],
    ['ls -l /srv/x/y', no],
    ['ls --l /srv/x', no],
  ],
  [
    'a: RegExpFilter, ls, root, ls, one|two',
    ['ls two', by('a')],
    ['ls one', by('a')],
    ['ls one-and-more', no, /no filter/],
  ],
  ['a: RegExpFilter, ls, root, ls, (', ['ls (', no]],
  ['a: RegExpFilter, ls, root, ls, (?P<x>a)(?P=x)', ['ls aa', by('a')], ['ls a', no]],
  ['a: RegExpFilter, ls, root, ls, (?i)ABC', ['ls abc', by('a')]],
  ['a: RegExpFilter, ls, root, ls, [^]a]+\\Z', ['ls b', by('a')], ['ls ]', no]],
  ['a: RegExpFilter, ls, root, ls, ^[/]*([^/\\0]+(/+)?)*$', ['ls /srv/x', by('a')]],
  ['a: RegExpFilter, ls, root, ls, /etc/(?!\\.\\.).*', ['ls /etc/hosts', by('a')], ['ls /etc/..x', no]],
  [
    'a: PathFilter, ls, root, pass, -l, /usr',
    ['ls anything -l /usr/bin', by('a')],
    ['ls anything -l /usr', by('a')],
    ['ls anything -a /usr/bin', no],
    ['ls anything -l /etc', no],
    ['ls anything -l /usr/bin /etc', no],
    ['ls anything -l /usr-of-others', no, /no filter/],
    ['ls anything -l --reference=/usr', no],
    ['ls', no],
  ],
  ['a: PathFilter, ls, root, /proc', ['ls /proc/self/root/etc', no]],
  [
    `a: KillFilter, root, ${readlinkSync('/proc/self/exe')}, -9, -HUP`,
    [`kill -9 ${process.pid}`, by('a')],
    [`kill -15 ${process.pid}`, no],
    [`kill ${process.pid}`, no],
    ['kill -9 1', no],
    ['kill -9 999999999', no],
    ['kill -9 x', no],
  ],
  ['a: KillFilter, root, /usr/bin/no-such-program', [`kill ${process.pid}`, no]],
  [`a: KillFilter, root, ${readlinkSync('/proc/self/exe')}`, [`kill ${process.pid}`, by('a')]],
  [
    'a: ReadFileFilter, /etc/hosts',
    ['cat /etc/hosts', by('a')],
    ['cat /etc/shadow', no],
    ['cat /etc/hosts /etc/shadow', no],
  ],
  [
    'a: IpFilter, ls, root',
    ['ip link', by('a')],
    ['ip netns list', by('a')],
    ['ip netns exec x ls', no],
    ['ip -4 net ex x ls', no],
    ['ls', no],
  ],
  [
    'a: EnvFilter, env, root, LC_ALL=C, ls',
    ['env LC_ALL=C ls -l', by('a')],
    ['LC_ALL=C ls -l', by('a')],
    ['env LC_ALL=de ls', by('a')],
    ['ls', no],
    ['env ls', no],
    ['env LC_ALL=C X=1 ls', no],
    ['env LC_ALL=C LC_ALL=C ls', no],
    ['env LC_ALL=C cat', no],
    ['env X=1 ls', no],
  ],
  [
    'a: EnvFilter, env, root, A=, B=, ls',
    ['env A=1 B= ls x', by('a')],
    ['env B=1 A=2 ls', by('a')],
    ['env A=1 ls', no],
  ],
  ['a: EnvFilter, ls, root, A=', ['A=1 ls', by('a')], ['env A=1 ls', by('a')], ['A=1', no]],
  [
    'a: EnvFilter, env, root, LD_PRELOAD=, ls',
    ['env LD_PRELOAD=/tmp/x.so ls', no, /runs? something else|run something else/],
  ],
  [
    'a: ChainingRegExpFilter, ionice, root, ionice, -c[0-3]\nb: CommandFilter, ls, root\nc: CommandFilter, cat, nobody',
    ['ionice -c2 ls -l', by('a')],
    ['ionice -c9 ls', no],
    ['ionice -c2 rm', no],
    ['ionice -c2', no],
    ['ionice -c2 cat /etc/hosts', no],
    ['ionice -c2 ionice -c2 ls', no],
    ['ionice -c2 /tmp/ls', no, /no filter|another program/],
  ],
  ['a: ChainingFilter, ls, root\nb: CommandFilter, cat, root', ['ls cat', no]],
  [
    'a: IpNetnsExecFilter, ls, root\nb: CommandFilter, cat, root',
    ['ip netns exec one cat /etc/hosts', by('a')],
    ['ip net e one cat', by('a')],
    ['ip netns exec one rm', no],
    ['ip netns exec one', no],
    ['ip netns list', no],
  ],
];

export const filterCases: readonly FilterCase[] = table.flatMap(([filters, ...rows]) =>
  rows.map(([words, decision, stricter]) => ({
    filters: `[Filters]\n${filters}\n`,
    words: typeof words === 'string' ? words.split(' ') : words,
    decision,
    stricter,
  })),
);
