// Cinder's comparisons are Python's; the few of its rules that extra specs, queries and expressions rely on.

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const truePattern = /^(?:1|t|true|on|y|yes)$/i;

/** A number as Python's float() reads it, or undefined where that raises. */
export function toFloat(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (numberPattern.test(text)) return Number(text);
  const special = /^([+-]?)inf(?:inity)?$/i.exec(text);
  return special ? Number(`${special[1]}Infinity`) : undefined;
}

/** oslo's bool_from_string: 1, t, true, on, y and yes are true, anything else is false. */
export function toBoolean(value: unknown): boolean {
  return typeof value === 'boolean' ? value : truePattern.test(String(value).trim());
}

/** Python's truth: false, 0, the empty string, list and object, and null are false. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

const asComparable = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : value);

/** Python's ==, in which True equals 1. */
export function isEqual(left: unknown, right: unknown): boolean {
  return asComparable(left) === asComparable(right);
}

/** −1, 0 or 1; undefined for two things that have no order, where Python raises. */
export function compare(left: unknown, right: unknown): -1 | 0 | 1 | undefined {
  const [first, second] = [asComparable(left), asComparable(right)];
  const ordered =
    (typeof first === 'number' && typeof second === 'number') ||
    (typeof first === 'string' && typeof second === 'string');
  if (!ordered) return undefined;
  if (first === second) return 0;
  if (first < second) return -1;
  return first > second ? 1 : undefined;
}
