// Who may do what: Cinder's policy names with Cinder's default rules.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { Caller } from './context.ts';
import { ApiError } from './errors.ts';

/** everyone: any authenticated caller; owner: the resource's project, or an administrator. */
export type Allowed = 'everyone' | 'owner' | 'admin';

export interface Policy {
  /** As an operator names it in policy.yaml and as the fault quotes it. */
  readonly name: string;
  readonly allow: Allowed;
}

/** A resource's policies, by what its routes call them. */
export type PolicyTable = Readonly<Record<string, Policy>>;

/** Throws PolicyNotAuthorized. Without `ownerId` only what can be said beforehand is checked. */
export function authorize(policy: Policy, caller: Caller, ownerId?: string): void {
  if (caller.isAdmin || policy.allow === 'everyone') return;
  const allowed = policy.allow === 'owner' && (ownerId === undefined || ownerId === caller.projectId);
  if (!allowed) throw new ApiError('PolicyNotAuthorized', { action: policy.name });
}
