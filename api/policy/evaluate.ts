// Decides whether a check holds for a caller and a target, as oslo.policy does; what is not known never matches.
import type { Check } from './check-string.ts';

type Value = string | number | boolean | null | undefined | readonly Value[] | { readonly [key: string]: Value };

/** What is known of the caller, by oslo.context's names; null = the token says nothing of it. */
export interface Credentials {
  readonly user_id: string;
  readonly project_id: string | null;
  readonly roles: readonly string[];
  readonly is_admin: boolean;
  readonly is_admin_project: boolean;
  /** `all` for a token of the whole system. */
  readonly system_scope: string | null;
  readonly domain_id: string | null;
  readonly user_domain_id: string | null;
  readonly project_domain_id: string | null;
  readonly service_user_id: string | null;
  readonly service_project_id: string | null;
  readonly service_roles: readonly string[];
}

/** Of somebody of whom nothing is known; Keystone says so when a project is *not* its administrators' one. */
export const noCredentials: Credentials = {
  user_id: '',
  project_id: null,
  roles: [],
  is_admin: false,
  is_admin_project: true,
  system_scope: null,
  domain_id: null,
  user_domain_id: null,
  project_domain_id: null,
  service_user_id: null,
  service_project_id: null,
  service_roles: [],
};

/** What is asked for: a row, or what is known of it. Rules name its fields in snake_case: `%(project_id)s`. */
export type PolicyTarget = Readonly<Record<string, unknown>>;

export interface Evaluation {
  readonly credentials: Credentials;
  readonly target: PolicyTarget;
  /** The rule of that name; undefined = there is none, which allows nothing. */
  readonly ruleOf: (name: string) => Check | undefined;
}

/** Rings of rules are refused when rules are read, so that this ends. */
export function holds(check: Check, evaluation: Evaluation): boolean {
  switch (check.kind) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'not':
      return !holds(check.check, evaluation);
    case 'and':
      return check.checks.every((one) => holds(one, evaluation));
    case 'or':
      return check.checks.some((one) => holds(one, evaluation));
    case 'rule': {
      const rule = evaluation.ruleOf(check.name);
      return rule !== undefined && holds(rule, evaluation);
    }
    case 'role': {
      const role = filledIn(check.text, evaluation.target)?.toLowerCase();
      return evaluation.credentials.roles.some((own) => own.toLowerCase() === role);
    }
    case 'constant':
      return filledIn(check.text, evaluation.target) === check.value;
    case 'credential': {
      const wanted = filledIn(check.text, evaluation.target);
      return wanted !== null && isAt(evaluation.credentials as unknown as Value, check.path, wanted);
    }
    default:
      return check satisfies never;
  }
}

/** The text with the target's fields in it; null when the target has no such field. */
function filledIn(text: string, target: PolicyTarget): string | null {
  let complete = true;
  const filled = text.replace(/%\(([^)]+)\)s/g, (_whole, name: string) => {
    const camelCase = name.replace(/_(.)/g, (_underscored, letter: string) => letter.toUpperCase());
    const value = asPython(Object.hasOwn(target, name) ? target[name] : ownField(target, camelCase));
    if (value === null) complete = false;
    return value ?? '';
  });
  return complete ? filled : null;
}

const ownField = (of: PolicyTarget, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined);

/** As Python's str() writes it; null for what has no such form. */
function asPython(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  // A token of the whole system has no project, and that is what it may read: rows of no project.
  if (value === null) return 'None';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
}

/** Whether the value at the path is the wanted one; in lists, any of the items. */
function isAt(value: Value, path: readonly string[], wanted: string): boolean {
  if (Array.isArray(value)) return (value as readonly Value[]).some((item) => isAt(item, path, wanted));
  const [key, ...rest] = path;
  if (key === undefined) return asPython(value) === wanted;
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return false;
  return isAt((value as Readonly<Record<string, Value>>)[key], rest, wanted);
}
