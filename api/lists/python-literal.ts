// Reads Python literals, because Cinder's list filters are written in them: `metadata={'k': 'v'}`, `status=['a', 'b']`.
// https://docs.python.org/3/library/ast.html#ast.literal_eval

export type Literal = string | number | boolean | null | readonly Literal[] | { readonly [key: string]: Literal };

const tokenPattern =
  /\s*(?:([[\](){},:])|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.])|(True|False|None)\b|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/iy;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };
const constants: Readonly<Record<string, Literal>> = { True: true, False: false, None: null };
/** A filter that nests deeper is not one. */
const maxDepth = 8;

type Token = { readonly mark: string } | { readonly value: Literal };

class NotALiteral extends Error {}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern.source, 'y');
  while (pattern.lastIndex < text.trimEnd().length) {
    const match = pattern.exec(text);
    if (!match) throw new NotALiteral();
    const [, mark, number, constant, single, double] = match;
    if (mark !== undefined) tokens.push({ mark });
    else if (number !== undefined) tokens.push({ value: Number(number) });
    else if (constant !== undefined) {
      if (!Object.hasOwn(constants, constant)) throw new NotALiteral();
      tokens.push({ value: constants[constant] ?? null });
    } else tokens.push({ value: unescape(single ?? double ?? '') });
  }
  return tokens;
}

const unescape = (text: string): string =>
  text.replace(/\\(.)/g, (whole, character: string) => escapes[character] ?? whole);

class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Literal {
    const value = this.value(0);
    if (this.at !== this.tokens.length) throw new NotALiteral();
    return value;
  }

  private isMark(mark: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && 'mark' in token && token.mark === mark;
  }

  private take(mark: string): boolean {
    if (!this.isMark(mark)) return false;
    this.at += 1;
    return true;
  }

  private value(depth: number): Literal {
    if (depth > maxDepth) throw new NotALiteral();
    if (this.take('{')) return this.dictionary(depth);
    if (this.take('[')) return this.items(']', depth);
    if (this.take('(')) return this.items(')', depth);
    const token = this.tokens[this.at];
    if (!token || !('value' in token)) throw new NotALiteral();
    this.at += 1;
    return token.value;
  }

  private items(end: string, depth: number): readonly Literal[] {
    const items: Literal[] = [];
    while (!this.take(end)) {
      items.push(this.value(depth + 1));
      if (!this.take(',') && !this.isMark(end)) throw new NotALiteral();
    }
    return items;
  }

  private dictionary(depth: number): Literal {
    const entries: [string, Literal][] = [];
    while (!this.take('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || !this.take(':')) throw new NotALiteral();
      entries.push([key, this.value(depth + 1)]);
      if (!this.take(',') && !this.isMark('}')) throw new NotALiteral();
    }
    return Object.fromEntries(entries);
  }
}

/** The literal's value, or the text itself when it is none, as Cinder falls back. */
export function literalOf(text: string): Literal {
  try {
    return new Parser(tokensOf(text)).whole();
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

/** True for a dictionary. */
export function isDictionary(value: Literal): value is { readonly [key: string]: Literal } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
