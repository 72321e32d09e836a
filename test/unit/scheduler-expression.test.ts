// Filter and goodness functions mean what they mean in Cinder, and cannot do anything else.
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../domain/scheduler/expression.ts';

const facts: Record<string, unknown> = {
  'stats.total_capacity_gb': 100,
  'stats.free_capacity_gb': 50.5,
  'capabilities.flag': true,
  'capabilities.text': '12',
  'capabilities.list': ['x'],
};

const evaluate = (source: string): unknown =>
  compileExpression(source)((namespace, entry) => facts[`${namespace}.${entry}`]);

describe('an expression', () => {
  // Answers of cinder.scheduler.evaluator (29.0.0) to the same questions, but for those with variables.
  it.each<[string, unknown]>([
    ['1+2*3', 7],
    ['(1+2)*3', 9],
    ['2^3^2', 512],
    ['-2^2', -4],
    ['2^-1', 0.5],
    ['5/2', 2.5],
    ['10-2-3', 5],
    ['2*-3', -6],
    ['1<2', true],
    ['1<2<3', true],
    ['1<3<2', false],
    ['1==1.0', true],
    ['1<>2', true],
    ['1!=1', false],
    ['not 1<2', true],
    ['!(1<2)', false],
    ['1<2 and 2<3', true],
    ['1<2 && 2>3', false],
    ['1<2 || 2>3', true],
    ['1<2 or 2>3 and 3>4', true],
    ['1<2 ? 5 : 6', 5],
    ['1<2 ? 5 : 2<1 ? 7 : 8', 5],
    ['2<1 ? 7 : 8 + 1', 9],
    ['1 == 1 ? 5 : 6 and 0', 0],
    ['5 ? 1 : 2', 1],
    ['0 || 3', 3],
    ['1<2 + 2', true],
    ['- - 3', 3],
    ['1 - -1', 2],
    ['!0 and 1', 1],
    ['max(1,2,3)', 3],
    ['min(1,2)', 1],
    ['abs(-3)+1', 4],
    ['max(1+1, 2*3)', 6],
    [`'foo' == "foo"`, true],
    [`'a'+'b'`, 'ab'],
    ['stats.total_capacity_gb / 4', 25],
    ['stats.free_capacity_gb', 50.5],
    ['capabilities.flag', 1],
    ['capabilities.text + 1', 13],
    ['word == word', true],
  ])('%s is %j', (source, value) => {
    expect(evaluate(source)).toBe(value);
  });

  it.each([
    '',
    '1 2',
    '(1',
    '1)',
    '1.5e3',
    '1/0',
    "1 < 'a'",
    "'a' * 3",
    'sqrt(4)',
    'constructor(1)',
    'max()',
    'stats.nope',
    'nope.x',
    'a.b.c',
    'a.',
    'capabilities.list > 1',
    '(0-8)^0.5',
    '1 ? 2',
    '1; 2',
    '`x`',
    'x => x',
    '('.repeat(500) + '1' + ')'.repeat(500),
    '-'.repeat(2000) + '1',
    '2^'.repeat(1000) + '2',
    '1+'.repeat(5000) + '1',
  ])('%s is refused with a reason', (source) => {
    expect(() => evaluate(source)).toThrow(expect.objectContaining({ name: 'ExpressionError' }));
  });

  it('a long sum does not nest', () => {
    expect(evaluate(`${'1+'.repeat(2000)}1`)).toBe(2001);
  });
});
