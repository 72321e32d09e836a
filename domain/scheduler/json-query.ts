// Reads JsonFilter's query, e.g. ["and", [">=", "$free_capacity_gb", 10], ["=", "$pool_name", "ssd"]].
import { capabilityOf, ownValue, stateOf } from './pool-facts.ts';
import { compare, isEqual, isTruthy } from './python-values.ts';
import type { PoolState } from './spec.ts';

/** A query comes from a tenant and runs once per pool, so it is kept small. */
const maxQueryLength = 4096;
const maxQueryDepth = 32;

type Evaluate = (pool: PoolState) => unknown;
type Command = (args: readonly unknown[]) => boolean;

/** True when the first argument stands in this relation to every other one, of which there is at least one. */
function firstToAll(holds: (first: unknown, other: unknown) => boolean): Command {
  return ([first, ...others]) => others.length > 0 && others.every((other) => holds(first, other));
}

const commands: Readonly<Record<string, Command>> = {
  '=': firstToAll(isEqual),
  '<': firstToAll((first, other) => compare(first, other) === -1),
  '>': firstToAll((first, other) => compare(first, other) === 1),
  '<=': firstToAll((first, other) => [-1, 0].includes(compare(first, other) ?? 2)),
  '>=': firstToAll((first, other) => [0, 1].includes(compare(first, other) ?? 2)),
  in: ([first, ...others]) => others.some((other) => isEqual(first, other)),
  // Cinder answers a list here, of which one true member is enough.
  not: (args) => args.some((arg) => !isTruthy(arg)),
  or: (args) => args.some(isTruthy),
  and: (args) => args.every(isTruthy),
};

/** `$name` and `$capabilities.name` look up the pool's facts; any other text stands for itself. */
function variable(text: string): Evaluate {
  if (!text.startsWith('$')) return () => text || null;
  const [name = '', ...inner] = text.slice(1).split('.');
  const [first, ...rest] = inner;
  if (name === 'capabilities' && first !== undefined) {
    return (pool) => rest.reduce((value: unknown, part) => ownValue(value, part), capabilityOf(pool, first));
  }
  return (pool) => inner.reduce((value: unknown, part) => ownValue(value, part), stateOf(pool, name));
}

function compileArgument(argument: unknown, depth: number): Evaluate {
  if (Array.isArray(argument)) return compileList(argument, depth);
  if (typeof argument === 'string') return variable(argument);
  return () => argument;
}

function compileList(list: readonly unknown[], depth: number): Evaluate {
  if (depth > maxQueryDepth) throw new SyntaxError(`is nested more than ${maxQueryDepth} deep`);
  const [name, ...rest] = list;
  if (name === undefined) return () => true;
  const command = typeof name === 'string' && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new SyntaxError(`has no command ${JSON.stringify(name)}`);
  const args = rest.map((argument) => compileArgument(argument, depth + 1));
  // What a pool does not know is left out, as in Cinder: ["=", "$nope", 1] has one argument and is false.
  return (pool) => command(args.map((arg) => arg(pool)).filter((value) => value !== null && value !== undefined));
}

/** The query ready to run for each pool, or what is wrong with it. */
export function parseJsonQuery(source: unknown): { readonly evaluate: Evaluate } | { readonly error: string } {
  if (typeof source !== 'string') return { error: 'is not JSON text' };
  if (source.length > maxQueryLength) return { error: `is longer than ${maxQueryLength} characters` };
  try {
    const query: unknown = JSON.parse(source);
    return Array.isArray(query) ? { evaluate: compileList(query, 1) } : { error: 'is not a JSON list' };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
