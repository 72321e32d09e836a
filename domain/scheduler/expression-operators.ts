// What the operators and functions of a filter_function do with values.
import { ExpressionError } from './expression-tokens.ts';
import { compare, isEqual } from './python-values.ts';

export type Value = number | string | boolean;

function toNumber(value: Value): number {
  if (typeof value === 'string') throw new ExpressionError(`${JSON.stringify(value)} is not a number`);
  return Number(value);
}

function finite(value: number): number {
  if (Number.isNaN(value)) throw new ExpressionError('the result is not a number');
  return value;
}

function ordered(holds: (order: -1 | 0 | 1) => boolean): (left: Value, right: Value) => boolean {
  return (left, right) => {
    const order = compare(left, right);
    if (order === undefined)
      throw new ExpressionError(`cannot compare ${JSON.stringify(left)} with ${JSON.stringify(right)}`);
    return holds(order);
  };
}

function divide(left: Value, right: Value): number {
  if (toNumber(right) === 0) throw new ExpressionError('division by zero');
  return toNumber(left) / toNumber(right);
}

function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  return finite(toNumber(left) + toNumber(right));
}

export const arithmetic: Readonly<Record<string, (left: Value, right: Value) => Value>> = {
  '+': add,
  '-': (left, right) => finite(toNumber(left) - toNumber(right)),
  '*': (left, right) => finite(toNumber(left) * toNumber(right)),
  '/': divide,
  '^': (left, right) => finite(toNumber(left) ** toNumber(right)),
};

export const comparisons: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '<>': (left, right) => !isEqual(left, right),
};

export const functions: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  abs: ([value = 0]) => Math.abs(toNumber(value)),
  max: (args) => Math.max(...args.map(toNumber)),
  min: (args) => Math.min(...args.map(toNumber)),
};

export const negative = (value: Value): number => -toNumber(value);
export const positive = (value: Value): number => toNumber(value);
