// Promises of the INI reader: a value means here what it means to oslo.config.
import { expect, test } from 'vitest';
import { parseIni } from '../../workers/config/ini.ts';
import { interpolate } from '../../workers/config/interpolate.ts';

function valuesOf(text: string): Record<string, string> {
  const { values, faults } = parseIni(text, 'x');
  expect(faults).toEqual([]);
  return Object.fromEntries(values.map(({ section, option, value }) => [`${section}.${option}`, value]));
}

test('everything after the first = or : belongs to the value, comment signs included', () => {
  expect(valuesOf('[a]\np = s;e#c=r:et\nq: x = y\nurl=http://h/?a=1\n')).toEqual({
    'a.p': 's;e#c=r:et',
    'a.q': 'x = y',
    'a.url': 'http://h/?a=1',
  });
});

test('lines that begin with # or ; are comments, and a line that begins with a space continues the one above', () => {
  expect(valuesOf('# c\n[a.b]\n; c\nlist = one,\n  two,\n\tthree\nnext = 1\n')).toEqual({
    'a.b.list': 'one,\ntwo,\nthree',
    'a.b.next': '1',
  });
});

test('quotes around a whole value are taken off, others stay', () => {
  expect(valuesOf(`[a]\nb = " x "\nc = 'y'\nd = "z\ne = "\nf =\n`)).toEqual({
    'a.b': ' x ',
    'a.c': 'y',
    'a.d': '"z',
    'a.e': '"',
    'a.f': '',
  });
});

test('a file from Windows, and one with a byte order mark, read the same', () => {
  expect(valuesOf('\uFEFF[a]\r\nb = 1\r\n')).toEqual({ 'a.b': '1' });
});

test('dashes in an option are underscores', () => {
  expect(valuesOf('[a]\nlog-dir = x\n')).toEqual({ 'a.log_dir': 'x' });
});

test('what cannot be read is a fault with its line', () => {
  const { faults } = parseIni('before = 1\n[a\n  hanging\n= x\n[b]\nplain\n', 'x');
  expect(faults.map(({ line }) => line)).toEqual([1, 2, 3, 4, 6]);
});

const known: Readonly<Record<string, string>> = {
  'DEFAULT.state_path': '/state',
  'DEFAULT.host': 'h1',
  'DEFAULT.ring': '$loop',
  'DEFAULT.loop': '$ring',
  'lf.host': 'inner',
  'lf.dir': '$state_path/x',
};
const lookUp = (section: string, option: string): string | undefined => known[`${section}.${option}`];

test('references are replaced from the same section, then from DEFAULT, as far as they lead', () => {
  expect(interpolate('$state_path/volumes', 'DEFAULT', lookUp)).toBe('/state/volumes');
  expect(interpolate('${host}_$host', 'lf', lookUp)).toBe('inner_inner');
  expect(interpolate('$lf.dir/y', 'DEFAULT', lookUp)).toBe('/state/x/y');
  expect(interpolate('$host.example', 'DEFAULT', lookUp)).toBe('h1.example');
});

test('a dollar sign that refers to nothing, or is doubled, is a dollar sign', () => {
  expect(interpolate('a$$b \\$host $nothing $5 ${none}', 'DEFAULT', lookUp)).toBe('a$b $host $nothing $5 ${none}');
});

test('options that refer to each other in a ring are refused', () => {
  expect(() => interpolate('$ring', 'DEFAULT', lookUp)).toThrow(RangeError);
});
