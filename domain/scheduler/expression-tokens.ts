// Splits a filter_function or goodness_function into tokens.

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'symbol'; readonly value: string };

/** What is wrong with an expression, or with the values that it met. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const maxExpressionLength = 4096;

const tokenPattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?)|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<name>[A-Za-z_][A-Za-z0-9_.]*)|(?<symbol>&&|\|\||<=|>=|==|!=|<>|[-+*/^<>!?:(),]))/y;

/** Words that are other spellings of a symbol. */
const wordSymbols: Readonly<Record<string, string>> = {
  and: '&&',
  AND: '&&',
  or: '||',
  OR: '||',
  not: '!',
  NOT: '!',
};

function tokenOf(groups: Record<string, string | undefined>): Token {
  const { number, name, symbol, double, single } = groups;
  if (number !== undefined) return { kind: 'number', value: Number(number) };
  if (symbol !== undefined) return { kind: 'symbol', value: symbol };
  if (name === undefined) return { kind: 'text', value: double ?? single ?? '' };
  const word = Object.hasOwn(wordSymbols, name) ? wordSymbols[name] : undefined;
  return word === undefined ? { kind: 'name', value: name } : { kind: 'symbol', value: word };
}

/** Throws ExpressionError at the first character that begins no token. */
export function tokenize(source: string): Token[] {
  if (source.length > maxExpressionLength) {
    throw new ExpressionError(`longer than ${maxExpressionLength} characters`);
  }
  const text = source.trimEnd();
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match?.groups) throw new ExpressionError(`cannot read ${JSON.stringify(text.slice(at, at + 20))}`);
    tokens.push(tokenOf(match.groups));
  }
  return tokens;
}
