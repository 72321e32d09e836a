// Reads a policy rule in oslo.policy's language into a tree: `role:admin or (role:member and project_id:%(project_id)s)`.
// https://docs.openstack.org/oslo.policy/latest/reference/api/oslo_policy.policy.html#policy-rule-expressions

export type Check =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'not'; readonly check: Check }
  | { readonly kind: 'and' | 'or'; readonly checks: readonly Check[] }
  /** Another rule by its name. */
  | { readonly kind: 'rule'; readonly name: string }
  /** A role of the caller; the text may have `%(name)s` of the target in it. */
  | { readonly kind: 'role'; readonly text: string }
  /** A value of the caller's credentials, by path, equals the text. */
  | { readonly kind: 'credential'; readonly path: readonly string[]; readonly text: string }
  /** A constant equals the text: `'member':%(role)s`, `True:%(enabled)s`. */
  | { readonly kind: 'constant'; readonly value: string; readonly text: string };

/** A rule that cannot be read; the message says what is wrong with it, without its name. */
export class CheckStringError extends Error {
  override readonly name = 'CheckStringError';
}

const always: Check = { kind: 'always' };
/** Parentheses nest no deeper: what walks the tree must not run out of stack. */
const maxDepth = 50;

/**
 * Reads a rule; an empty one allows everybody. Lists are oslo.policy's older form: any of the items, each one check or
 * a list of checks that must all hold. Throws CheckStringError.
 */
export function parseRule(rule: unknown): Check {
  if (typeof rule === 'string') return rule.trim() === '' ? always : parseText(rule);
  if (Array.isArray(rule)) return parseLists(rule);
  throw new CheckStringError(`a rule is a text or a list, not ${JSON.stringify(rule)}`);
}

function parseLists(items: readonly unknown[]): Check {
  if (items.length === 0) return always;
  const checks = items
    .filter((item) => !Array.isArray(item) || item.length > 0)
    .map((item) => {
      const all = (Array.isArray(item) ? item : [item]) as unknown[];
      return joined(
        'and',
        all.map((one) => parseOne(String(one))),
      );
    });
  return checks.length === 0 ? { kind: 'never' } : joined('or', checks);
}

function joined(kind: 'and' | 'or', checks: readonly Check[]): Check {
  const [first] = checks;
  return first && checks.length === 1 ? first : { kind, checks };
}

const words: readonly string[] = ['and', 'or', 'not', '(', ')'];

/** Parentheses count only where a word begins or ends: `%(project_id)s` has its own. */
function tokensOf(text: string): string[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((word) => {
      const open = /^\(*/.exec(word)?.[0] ?? '';
      const rest = word.slice(open.length);
      const close = /\)*$/.exec(rest)?.[0] ?? '';
      const core = rest.slice(0, rest.length - close.length);
      const lower = core.toLowerCase();
      const middle = core === '' ? [] : [words.includes(lower) ? lower : core];
      return [...open.split(''), ...middle, ...close.split('')];
    });
}

function parseText(text: string): Check {
  const tokens = tokensOf(text);
  let at = 0;
  const take = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at += 1;
    return true;
  };
  const either = (depth: number): Check => {
    const checks = [both(depth)];
    while (take('or')) checks.push(both(depth));
    return joined('or', checks);
  };
  const both = (depth: number): Check => {
    const checks = [single(depth)];
    while (take('and')) checks.push(single(depth));
    return joined('and', checks);
  };
  const single = (depth: number): Check => {
    if (depth > maxDepth) throw new CheckStringError('it is nested too deeply');
    if (take('not')) return { kind: 'not', check: single(depth + 1) };
    if (take('(')) {
      const inside = either(depth + 1);
      if (!take(')')) throw new CheckStringError('a parenthesis is not closed');
      return inside;
    }
    const token = tokens[at];
    if (token === undefined) throw new CheckStringError('a check is missing at its end');
    if (words.includes(token)) throw new CheckStringError(`a check is missing before "${token}"`);
    at += 1;
    return parseOne(token);
  };
  const check = either(0);
  if (at < tokens.length) throw new CheckStringError(`"${tokens[at]}" is not expected where it stands`);
  return check;
}

function parseOne(word: string): Check {
  if (word === '!') return { kind: 'never' };
  if (word === '@') return always;
  const colon = word.indexOf(':');
  if (colon < 0) throw new CheckStringError(`"${word}" is no check: one is written kind:value`);
  const kind = word.slice(0, colon);
  const text = word.slice(colon + 1);
  if (kind === 'rule') return { kind: 'rule', name: text };
  if (kind === 'role') return { kind: 'role', text };
  if (kind === 'http' || kind === 'https') throw new CheckStringError(`"${word}": remote checks are not supported`);
  const quoted = /^(['"])(.*)\1$/.exec(kind);
  if (quoted) return { kind: 'constant', value: quoted[2] ?? '', text };
  if (/^(True|False|None|-?\d+)$/.test(kind)) return { kind: 'constant', value: kind, text };
  return { kind: 'credential', path: kind.split('.'), text };
}
