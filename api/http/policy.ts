// Asks the policies for a caller: may it do this to that?
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyName, PolicyRules } from '../policy/enforcer.ts';
import type { PolicyTarget } from '../policy/evaluate.ts';
import type { Caller } from './context.ts';
import { ApiError } from './errors.ts';

/** A policy by its name, as an operator names it in policy.yaml and as the fault quotes it. */
export type Policy = PolicyName;

/** A resource's policies, by what its routes call them. */
export type PolicyTable = Readonly<Record<string, Policy>>;

/** What is to be read or changed: its row, or only the project that owns it. */
export type Target = string | object;

/** Whether the rules allow it. Without a target: something new, or anything, in the caller's own project. */
export function allows(rules: PolicyRules, policy: Policy, caller: Caller, target?: Target): boolean {
  const { credentials } = caller;
  const own: PolicyTarget = { projectId: credentials.project_id, userId: credentials.user_id };
  const row = typeof target === 'string' ? { projectId: target } : target;
  return rules.allows(policy, credentials, { ...own, ...row });
}

/** The same as a fault. Throws PolicyNotAuthorized. */
export function authorize(rules: PolicyRules, policy: Policy, caller: Caller, target?: Target): void {
  if (!allows(rules, policy, caller, target)) throw new ApiError('PolicyNotAuthorized', { action: policy });
}
