// Reads a filter_function or goodness_function, e.g. "(volume.size < 10) ? 100 : 50", without ever running code.
// Grammar and precedence: https://docs.openstack.org/cinder/latest/admin/driver-filter-weighing.html
import { arithmetic, comparisons, functions, negative, positive, type Value } from './expression-operators.ts';
import { ExpressionError, tokenize, type Token } from './expression-tokens.ts';
import { isTruthy } from './python-values.ts';

/** Answers what `namespace.entry` stands for; undefined when there is no such thing. */
export type Scope = (namespace: string, entry: string) => unknown;
export type Expression = (scope: Scope) => Value;

const maxDepth = 64;

class Reader {
  #next = 0;
  #depth = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Takes the next token if it is one of these symbols. */
  take(symbols: readonly string[]): string | null {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'symbol' || !symbols.includes(token.value)) return null;
    this.#next += 1;
    return token.value;
  }

  expect(symbol: string): void {
    if (this.take([symbol]) === null) throw new ExpressionError(`${symbol} expected ${this.#where()}`);
  }

  operand(): Exclude<Token, { kind: 'symbol' }> {
    const token = this.#tokens[this.#next];
    if (!token || token.kind === 'symbol') throw new ExpressionError(`a value expected ${this.#where()}`);
    this.#next += 1;
    return token;
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw new ExpressionError(`an operator expected ${this.#where()}`);
  }

  /** Reads one level further in; keeps what a long row of brackets or signs can do to the stack small. */
  nested(read: (reader: Reader) => Expression): Expression {
    if (this.#depth >= maxDepth) throw new ExpressionError(`nested more than ${maxDepth} deep`);
    this.#depth += 1;
    const expression = read(this);
    this.#depth -= 1;
    return expression;
  }

  #where(): string {
    const token = this.#tokens[this.#next];
    return token ? `before ${JSON.stringify(token.value)}` : 'at the end';
  }
}

/** A row of operands with left-associative operators between them, evaluated in a loop rather than in a nest. */
function leftRow(
  reader: Reader,
  operand: (reader: Reader) => Expression,
  table: Readonly<Record<string, (left: Value, right: Value) => Value>>,
  symbols: readonly string[],
): Expression {
  const first = operand(reader);
  const rest: { apply: (left: Value, right: Value) => Value; right: Expression }[] = [];
  for (let symbol = reader.take(symbols); symbol !== null; symbol = reader.take(symbols)) {
    const apply = table[symbol];
    if (apply) rest.push({ apply, right: operand(reader) });
  }
  if (rest.length === 0) return first;
  return (scope) => rest.reduce((left, { apply, right }) => apply(left, right(scope)), first(scope));
}

/** Both sides are always evaluated, as Cinder's are, so that a mistake in either shows. The result is an operand. */
const logic: Readonly<Record<string, (left: Value, right: Value) => Value>> = {
  '&&': (left, right) => (isTruthy(left) ? right : left),
  '||': (left, right) => (isTruthy(left) ? left : right),
};

const readOr = (reader: Reader): Expression => leftRow(reader, readAnd, logic, ['||']);
const readAnd = (reader: Reader): Expression => leftRow(reader, readTernary, logic, ['&&']);

function readTernary(reader: Reader): Expression {
  const condition = readComparison(reader);
  if (reader.take(['?']) === null) return condition;
  const yes = reader.nested(readTernary);
  reader.expect(':');
  const no = reader.nested(readTernary);
  return (scope) => (isTruthy(condition(scope)) ? yes(scope) : no(scope));
}

/** A chain, as in Python: 1 < 2 < 3. */
function readComparison(reader: Reader): Expression {
  const operands = [readNegation(reader)];
  const tests: ((left: Value, right: Value) => boolean)[] = [];
  const symbols = Object.keys(comparisons);
  for (let symbol = reader.take(symbols); symbol !== null; symbol = reader.take(symbols)) {
    const test = comparisons[symbol];
    if (test) tests.push(test);
    operands.push(readNegation(reader));
  }
  const [first] = operands;
  if (first && tests.length === 0) return first;
  return (scope) => {
    const values = operands.map((operand) => operand(scope));
    return tests.every((test, index) => test(values[index] ?? 0, values[index + 1] ?? 0));
  };
}

function readNegation(reader: Reader): Expression {
  if (reader.take(['!']) === null) return readSum(reader);
  const operand = reader.nested(readNegation);
  return (scope) => !isTruthy(operand(scope));
}

const readSum = (reader: Reader): Expression => leftRow(reader, readProduct, arithmetic, ['+', '-']);
const readProduct = (reader: Reader): Expression => leftRow(reader, readSign, arithmetic, ['*', '/']);

/** Binds less than a power: −2^2 is −4. */
function readSign(reader: Reader): Expression {
  const sign = reader.take(['+', '-']);
  if (sign === null) return readPower(reader);
  const operand = reader.nested(readSign);
  const apply = sign === '-' ? negative : positive;
  return (scope) => apply(operand(scope));
}

/** Right-associative: 2^3^2 is 2^9. */
function readPower(reader: Reader): Expression {
  const base = readAtom(reader);
  if (reader.take(['^']) === null) return base;
  const exponent = reader.nested(readSign);
  const power = arithmetic['^'];
  return (scope) => power?.(base(scope), exponent(scope)) ?? 0;
}

function readAtom(reader: Reader): Expression {
  if (reader.take(['(']) !== null) {
    const inner = reader.nested(readOr);
    reader.expect(')');
    return inner;
  }
  const { kind, value } = reader.operand();
  if (kind !== 'name') return () => value;
  if (reader.take(['(']) !== null) return readCall(reader, value);
  return readName(value);
}

function readCall(reader: Reader, name: string): Expression {
  const apply = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!apply) throw new ExpressionError(`no function ${name}; there are ${Object.keys(functions).join(', ')}`);
  const args: Expression[] = [];
  do args.push(reader.nested(readOr));
  while (reader.take([',']) !== null);
  reader.expect(')');
  return (scope) => apply(args.map((arg) => arg(scope)));
}

/** `namespace.entry` is looked up; a bare word stands for itself, as in `capabilities.storage_protocol == iSCSI`. */
function readName(name: string): Expression {
  const [namespace = '', entry, ...more] = name.split('.');
  if (entry === undefined) return () => name;
  if (entry === '' || more.length > 0) throw new ExpressionError(`${name} is not of the form namespace.entry`);
  return (scope) => toValue(name, scope(namespace, entry));
}

/** Text that looks like a number is one, and a boolean counts as 1 or 0. */
function toValue(name: string, found: unknown): Value {
  if (typeof found === 'boolean') return Number(found);
  if (typeof found === 'number') return found;
  if (typeof found !== 'string') throw new ExpressionError(`${name} has no value`);
  return /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(found) ? Number(found) : found;
}

/** Compiles an expression; throws ExpressionError when it cannot be read. Running the result throws that too. */
export function compileExpression(source: string): Expression {
  const reader = new Reader(tokenize(source));
  const expression = readOr(reader);
  reader.end();
  return expression;
}
