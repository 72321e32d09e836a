// Turns a regular expression in Python's spelling into one of JavaScript's that matches a whole word.

/**
 * A pattern of a filter, anchored at both ends. Throws SyntaxError for what JavaScript cannot say
 * (conditional and atomic groups): a filter with it lets nothing pass.
 * Stricter than oslo.rootwrap in one thing: there `a|b` is anchored as `a|b$`, so that `a` lets `a-and-more` pass.
 */
export function wholeWordPattern(python: string): RegExp {
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(python);
  const wanted = flags?.[1] ?? '';
  if (/[^is]/.test(wanted)) throw new SyntaxError(`flags of (?${wanted}) other than i and s`);
  return new RegExp(`^(?:${translate(python.slice(flags?.[0].length ?? 0))})$`, wanted);
}

/** Spellings that differ outside of a character class, each where it begins. */
const outside: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^\\A/, () => '^'],
  [/^\\Z/, () => '$'],
  [/^\\[\s\S]/, ([escape]) => escape],
  [/^\(\?P<(\w+)>/, ([, name]) => `(?<${name}>`],
  [/^\(\?P=(\w+)\)/, ([, name]) => `\\k<${name}>`],
  [/^\(\?#[^)]*\)/, () => ''],
  [/^\{,(\d+)\}/, ([, most]) => `{0,${most}}`],
  // A class: a `]` that comes first in it is one of its characters.
  [/^\[(\^?)(\]?)((?:\\[\s\S]|[^\]\\])*)\]/, ([, not, first, rest]) => `[${not}${first ? '\\]' : ''}${rest}]`],
];

function translate(python: string): string {
  let rest = python;
  let out = '';
  while (rest !== '') {
    const [piece, length] = nextPiece(rest);
    out += piece;
    rest = rest.slice(length);
  }
  return out;
}

function nextPiece(rest: string): readonly [piece: string, length: number] {
  for (const [pattern, spell] of outside) {
    const match = pattern.exec(rest);
    if (match) return [spell(match), match[0].length];
  }
  return [rest.slice(0, 1), 1];
}
