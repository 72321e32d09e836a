// The rules in force: the defaults with an operator's overrides over them, asked by name.
import { CheckStringError, parseRule, type Check } from './check-string.ts';
import { cinderRules, type RuleRow } from './cinder-rules.ts';
import { holds, type Credentials, type PolicyTarget } from './evaluate.ts';
import { ownRules } from './own-rules.ts';

const defaultRules = { ...cinderRules, ...ownRules };

/** A policy, or a rule that policies refer to, as policy.yaml names it. */
export type PolicyName = keyof typeof defaultRules;

export interface PolicyRules {
  /** False when a rule does not allow it. */
  allows(name: PolicyName, credentials: Credentials, target: PolicyTarget): boolean;
}

export interface RuleOptions {
  /** `[oslo_policy] enforce_new_defaults`: false = what a default replaced allows it too. */
  readonly enforceNewDefaults: boolean;
}

/** What is wrong with an operator's rules, one line for each. */
export class PolicyRulesError extends Error {
  override readonly name = 'PolicyRulesError';
}

/** Overrides: name → check string (or list). Throws PolicyRulesError with everything that is wrong with them. */
export function createPolicyRules(overrides: Readonly<Record<string, unknown>>, options: RuleOptions): PolicyRules {
  const problems: string[] = [];
  const own = new Map<string, Check>();
  for (const [name, rule] of Object.entries(overrides)) {
    try {
      own.set(name, parseRule(rule));
    } catch (error) {
      if (!(error instanceof CheckStringError)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  }
  const rules = new Map(own);
  for (const [name, row] of Object.entries(defaultRules)) {
    if (!rules.has(name)) rules.set(name, defaultOf(name, row, own, options));
  }
  for (const name of own.keys()) problems.push(...faultsOf(name, rules));
  if (problems.length > 0) throw new PolicyRulesError(problems.join('\n'));
  const ruleOf = (name: string): Check | undefined => rules.get(name);
  return {
    allows(name, credentials, target) {
      const rule = ruleOf(name);
      return rule !== undefined && holds(rule, { credentials, target, ruleOf });
    },
  };
}

/** An override under the name that a policy had before counts for it, unless it only points back. */
function defaultOf(name: string, row: RuleRow, own: ReadonlyMap<string, Check>, options: RuleOptions): Check {
  const [text, deprecatedText, deprecatedName] = row;
  const check = parseRule(text);
  const override = deprecatedName === undefined ? undefined : own.get(deprecatedName);
  if (override && !(override.kind === 'rule' && override.name === name)) return override;
  if (options.enforceNewDefaults || deprecatedText === undefined || deprecatedText === text) return check;
  return { kind: 'or', checks: [check, parseRule(deprecatedText)] };
}

/** References to rules that are not there, and rings of them, which would never come to an end. */
function faultsOf(name: string, rules: ReadonlyMap<string, Check>): string[] {
  const faults: string[] = [];
  const visited = new Set<string>();
  const look = (at: string, via: readonly string[]): void => {
    const check = rules.get(at);
    if (!check) faults.push(`${name}: there is no rule "${at}"`);
    else if (via.includes(at)) faults.push(`${name}: ${[...via, at].join(' → ')} refer to each other`);
    else if (!visited.has(at)) {
      visited.add(at);
      for (const next of referencesOf(check)) look(next, [...via, at]);
    }
  };
  look(name, []);
  return faults;
}

function referencesOf(check: Check): readonly string[] {
  if (check.kind === 'rule') return [check.name];
  if (check.kind === 'not') return referencesOf(check.check);
  return check.kind === 'and' || check.kind === 'or' ? check.checks.flatMap(referencesOf) : [];
}
