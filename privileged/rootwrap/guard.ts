// Refuses words that no command of ours ever has, before any filter is asked: oslo.rootwrap would let a filter decide.

/** What refused a command; the names are in docs/privilege.md. */
export type RefusedBy = 'words' | 'environment' | 'filters' | 'program' | 'file';

export interface Objection {
  readonly by: RefusedBy;
  readonly why: string;
}

const mostWords = 1_024;
const mostCharacters = 128 * 1024;

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacter = /[\u0000-\u001f\u007f]/;
/** `..` as a part of a path, also behind `--option=` or `key=value,key=`. */
const parentDirectory = /(^|[/=,:])\.\.(\/|,|$)/;
/** Variables that make a program load or run something else. */
const dangerousVariable =
  /^(LD_\w*|PATH|IFS|ENV|BASH_\w*|SHELL\w*|PYTHON\w*|PERL\w*|RUBY\w*|NODE_\w*|GCONV_PATH|NLSPATH|LOCPATH|TMPDIR|HOME|EDITOR|PAGER|MALLOC_\w*|GLIBC_TUNABLES|LIBISCSI_\w*)=/;

const objections: readonly (readonly [Objection, (words: readonly string[]) => boolean])[] = [
  [{ by: 'words', why: 'no command' }, ([program]) => program === undefined || program === ''],
  [
    { by: 'words', why: 'more words than any command has' },
    (words) => words.length > mostWords || words.join('').length > mostCharacters,
  ],
  [{ by: 'words', why: 'a control character (NUL, newline, …) in a word' }, anyWord(controlCharacter)],
  [{ by: 'words', why: '".." in a path' }, anyWord(parentDirectory)],
  [
    { by: 'words', why: 'the program is a relative path' },
    (words) => {
      const program = words.find((word) => !/^\w+=/.test(word)) ?? '';
      return program.includes('/') && (!program.startsWith('/') || /\/\.?(\/|$)/.test(program));
    },
  ],
  [{ by: 'environment', why: 'a variable that makes programs run something else' }, anyWord(dangerousVariable)],
];

function anyWord(pattern: RegExp): (words: readonly string[]) => boolean {
  return (words) => words.some((word) => pattern.test(word));
}

/** Why `words` are refused whatever the filters say; null when the filters decide. */
export function objectionTo(words: readonly string[]): Objection | null {
  return objections.find(([, applies]) => applies(words))?.[0] ?? null;
}
