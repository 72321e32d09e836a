// Promises of the policies: every default decides as Cinder's, and rules are read and overridden as oslo.policy does.
// The fixtures are what Cinder 29 and oslo.policy 6.0.1 themselves decided for the same callers.
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CheckStringError, parseRule } from '../../api/policy/check-string.ts';
import { cinderRules } from '../../api/policy/cinder-rules.ts';
import { createPolicyRules, PolicyRulesError, type PolicyName } from '../../api/policy/enforcer.ts';
import { holds, type Credentials } from '../../api/policy/evaluate.ts';
import { openPolicyFile } from '../../api/policy/policy-file.ts';
import { eventually } from '../support/eventually.ts';

interface Decided {
  readonly personas: Readonly<Record<string, Credentials>>;
  readonly target: Readonly<Record<string, string>>;
  readonly allowed: Readonly<Record<string, { readonly new: string; readonly withDeprecated: string }>>;
}

interface Checked {
  readonly credentials: Credentials;
  readonly target: Readonly<Record<string, unknown>>;
  readonly rules: readonly { readonly rule: unknown; readonly allowed: boolean; readonly readAs: string }[];
}

async function fixture<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../fixtures/policies/${name}`, import.meta.url), 'utf8')) as T;
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-policy-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('the table has the policies of Cinder 29, all of them and no others', async () => {
  const { allowed } = await fixture<Decided>('cinder-29.json');
  expect(Object.keys(cinderRules).sort()).toEqual(Object.keys(allowed).sort());
});

test.each([
  ['new', true],
  ['withDeprecated', false],
] as const)('every policy allows whom Cinder allows it (%s defaults)', async (column, enforceNewDefaults) => {
  const { personas, target, allowed } = await fixture<Decided>('cinder-29.json');
  const rules = createPolicyRules({}, { enforceNewDefaults });
  const here = Object.keys(allowed).map((name) => [
    name,
    Object.keys(personas)
      .filter((persona) => rules.allows(name as PolicyName, personas[persona] as Credentials, target))
      .join(' '),
  ]);
  expect(here).toEqual(Object.entries(allowed).map(([name, row]) => [name, row[column]]));
});

test('checks are read and decided as oslo.policy does; what it takes for "nobody" is refused with a reason', async () => {
  const { rules, credentials, target } = await fixture<Checked>('oslo-checks.json');
  const ruleOf = (name: string) => (name === 'other' ? parseRule('role:member') : undefined);
  for (const { rule, allowed, readAs } of rules) {
    const isBroken = readAs === '!' && rule !== '!' && typeof rule === 'string';
    if (isBroken) expect(() => parseRule(rule), JSON.stringify(rule)).toThrow(CheckStringError);
    else expect(holds(parseRule(rule), { credentials, target, ruleOf }), JSON.stringify(rule)).toBe(allowed);
  }
});

const member = (await fixture<Decided>('cinder-29.json')).personas['member'] as Credentials;
const row = { projectId: 'aaaa', userId: 'u9' };

test('an override decides instead of the default, also on fields of the row', () => {
  const rules = createPolicyRules(
    { 'volume:delete': 'user_id:%(user_id)s', 'volume:create': '!', mine: 'role:member', 'volume:get': 'rule:mine' },
    { enforceNewDefaults: true },
  );
  expect(rules.allows('volume:delete', member, row)).toBe(false);
  expect(rules.allows('volume:delete', member, { ...row, userId: 'u1' })).toBe(true);
  expect(rules.allows('volume:create', member, row)).toBe(false);
  expect(rules.allows('volume:get', member, { projectId: 'bbbb' })).toBe(true);
});

test('an override under the name that a policy had before still counts', () => {
  const rules = createPolicyRules(
    { 'volume_extension:types_manage': 'role:member', 'volume_extension:type_delete': '!' },
    { enforceNewDefaults: true },
  );
  expect(rules.allows('volume_extension:type_create', member, row)).toBe(true);
  expect(rules.allows('volume_extension:type_delete', member, row)).toBe(false);
});

test('every bad rule is named at once, also rules that are missing and rings of them', () => {
  const bad = {
    a: 'role:x or',
    b: 7,
    c: 'rule:nowhere',
    d: 'rule:e',
    e: 'role:x and rule:d',
    f: 'http://policy.example/%(name)s',
    g: `${'('.repeat(2000)}role:x${')'.repeat(2000)}`,
  };
  let message = '';
  try {
    createPolicyRules(bad, { enforceNewDefaults: true });
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyRulesError);
    message = (error as Error).message;
  }
  for (const name of Object.keys(bad)) expect(message).toMatch(new RegExp(`^${name}: `, 'm'));
  expect(message).toContain('there is no rule "nowhere"');
  expect(message).toContain('d → e → d refer to each other');
});

test('policy.yaml is read at the start, again when it has changed, and a bad change changes nothing', async () => {
  const file = join(directory, 'policy.yaml');
  await writeFile(file, '# nobody makes volumes\n"volume:create": "!"\n');
  const errors: unknown[] = [];
  const log = { info: () => undefined, error: (about: unknown) => void errors.push(about) };
  const source = await openPolicyFile({ file, enforceNewDefaults: true, log });
  const mayCreate = () => source.rules.allows('volume:create', member, row);
  expect(mayCreate()).toBe(false);

  await writeFile(file, '"volume:create": "role:member"\n');
  await eventually(async () => {
    await source.refresh();
    expect(mayCreate()).toBe(true);
  });

  await writeFile(file, '"volume:create": "role:member and"\n');
  await utimes(file, new Date(), new Date(Date.now() + 10_000));
  await eventually(async () => {
    await source.refresh();
    expect(errors).toHaveLength(1);
  });
  expect(mayCreate()).toBe(true);
  expect(JSON.stringify(errors[0])).toContain('volume:create: a check is missing');
});

test.each([
  ['a list', '- a\n'],
  ['broken YAML', '"a: b\n'],
  ['a bad rule', '"volume:create": "nonsense"\n'],
])('a policy.yaml that is %s stops the start and is named', async (_what, text) => {
  const file = join(directory, 'bad.yaml');
  await writeFile(file, text);
  const log = { info: () => undefined, error: () => undefined };
  await expect(openPolicyFile({ file, enforceNewDefaults: true, log })).rejects.toThrow(file);
});
