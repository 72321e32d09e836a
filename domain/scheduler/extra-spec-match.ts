// Whether a capability satisfies an extra spec's requirement such as `>= 5`, `<is> True` or `<or> a <or> b`.
import { toBoolean, toFloat } from './python-values.ts';

type Operator = (capability: unknown, operand: string) => boolean;

function numeric(holds: (left: number, right: number) => boolean): Operator {
  return (capability, operand) => {
    const [left, right] = [toFloat(capability), toFloat(operand)];
    return left !== undefined && right !== undefined && holds(left, right);
  };
}

function text(holds: (left: string, right: string) => boolean): Operator {
  return (capability, operand) => typeof capability === 'string' && holds(capability, operand);
}

function contains(container: unknown, item: string): boolean {
  if (typeof container === 'string') return container.includes(item);
  return Array.isArray(container) && container.includes(item);
}

/** https://docs.openstack.org/cinder/latest/configuration/block-storage/scheduler-filters.html; note that `=` is `≥`. */
const operators: Readonly<Record<string, Operator>> = {
  '=': numeric((left, right) => left >= right),
  '==': numeric((left, right) => left === right),
  '!=': numeric((left, right) => left !== right),
  '>=': numeric((left, right) => left >= right),
  '<=': numeric((left, right) => left <= right),
  's==': text((left, right) => left === right),
  's!=': (capability, operand) => capability !== operand,
  's<': text((left, right) => left < right),
  's<=': text((left, right) => left <= right),
  's>': text((left, right) => left > right),
  's>=': text((left, right) => left >= right),
  '<in>': contains,
  '<is>': (capability, operand) => toBoolean(capability) === toBoolean(operand),
};

/** Operand, `<or>`, operand, …; as in Cinder, whatever stands between two operands separates them. */
function matchesAny(capability: unknown, words: readonly string[]): boolean {
  return words.some((word, index) => index % 2 === 0 && word === capability);
}

function matchesOne(capability: unknown, requirement: string): boolean {
  const [operator = '', ...operands] = requirement.trim().split(/\s+/);
  const [operand] = operands;
  if (operator === '<or>') return matchesAny(capability, operands);
  const method = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (!method) return capability === requirement;
  if (capability === null || operand === undefined) return false;
  return method(capability, operand);
}

/** Nova's operator: every operand is in the capability (a list or a text). */
function matchesAll(capability: unknown, requirement: string): boolean | undefined {
  const [operator, ...operands] = requirement.trim().split(/\s+/);
  if (operator !== '<all-in>') return undefined;
  return operands.length > 0 && operands.every((operand) => contains(capability, operand));
}

/**
 * True when a capability, or any member of one that is a list, meets the requirement. Without an operator both must be
 * the same text: as in Cinder, `True` is not met by a boolean true (`<is> True` is).
 */
export function matchesExtraSpec(capability: unknown, requirement: string): boolean {
  const all = matchesAll(capability, requirement);
  if (all !== undefined) return all;
  const candidates: readonly unknown[] = Array.isArray(capability) ? capability : [capability];
  return candidates.some((candidate) => matchesOne(candidate, requirement));
}
