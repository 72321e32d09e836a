// What state a row should be in, from what the row says and what is really there: `scoria reset-state`'s judgement.

export const checkedResources = ['volume', 'snapshot', 'backup'] as const;
export type CheckedResource = (typeof checkedResources)[number];

export interface StateSubject {
  readonly resource: CheckedResource;
  readonly id: string;
}

/** A live attachment of a volume. */
export interface AttachmentState {
  readonly id: string;
  readonly instanceId: string | null;
  readonly host: string | null;
  readonly status: string;
  /** gone: its compute host reports, and has no such instance; unknown: nobody can be asked. */
  readonly instance: 'there' | 'gone' | 'unknown';
}

interface OperationName {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
}

/** What the database says. */
export interface StateFacts {
  readonly resource: CheckedResource;
  readonly id: string;
  readonly status: string;
  readonly attachStatus: string | null;
  readonly sizeGib: number;
  /** host@backend, or a backup's host; null where it is nowhere. */
  readonly place: string | null;
  readonly attachments: readonly AttachmentState[];
  /** Not finished, and about this resource or reading it. */
  readonly underWay: readonly OperationName[];
  /** The last one that wrote to it, when that was cut off after it had begun to destroy or overwrite. */
  readonly cutOff: OperationName | null;
}

/** What is really there; an error when nobody could look. */
export type StorageFinding =
  | { readonly error: string }
  | { readonly there: boolean; readonly sizeGib: number | null; readonly exported: boolean };

export interface StateProposal {
  readonly status: string;
  /** Of a volume. */
  readonly attachStatus: 'attached' | 'detached' | null;
}

export interface StateVerdict {
  /** What was found, a sentence each. */
  readonly found: readonly string[];
  /** Null when it cannot be judged. */
  readonly proposal: StateProposal | null;
  readonly because: string;
}

/** Judges; deterministic. */
export function judgeState(facts: StateFacts, finding: StorageFinding): StateVerdict {
  const found = [...wordsOfRow(facts), ...wordsOfStorage(facts, finding)];
  if ('error' in finding)
    return { found, proposal: null, because: 'nobody could look at the storage: nothing is known' };
  if (!finding.there) return { found, ...errorBecause('its data is not there') };
  if (facts.cutOff !== null) return { found, ...cutOffVerdict(facts, facts.cutOff) };
  if (finding.sizeGib !== null && finding.sizeGib < facts.sizeGib) {
    return {
      found,
      proposal: { status: 'error_extending', attachStatus: null },
      because: 'it is smaller than its row says',
    };
  }
  if (facts.resource !== 'volume') return { found, proposal: plain('available'), because: 'its data is there' };
  return { found, ...volumeVerdict(facts) };
}

const plain = (status: string): StateProposal => ({ status, attachStatus: null });
const errorBecause = (because: string) => ({ proposal: plain('error'), because });

/** Half destroyed or half overwritten: no look from outside can tell that its data is whole. */
function cutOffVerdict({ status }: StateFacts, { id, kind }: OperationName) {
  const because = `${kind} ${id} was cut off half-way: its data may be partly gone or partly another's`;
  return { proposal: plain(status.startsWith('error') ? status : 'error'), because };
}

function volumeVerdict({ attachments }: StateFacts): Omit<StateVerdict, 'found'> {
  const held = attachments.filter(({ status }) => status === 'attached' || status.startsWith('error_'));
  const inUse = held.filter(({ instance }) => instance !== 'gone');
  if (inUse.length > 0) {
    return {
      proposal: { status: 'in-use', attachStatus: 'attached' },
      because: 'its data is there, and it is attached',
    };
  }
  const because =
    held.length > 0
      ? 'its data is there, and the instances that it was attached to are gone: the attachments go'
      : 'its data is there, and nothing is attached';
  return { proposal: { status: 'available', attachStatus: 'detached' }, because };
}

function wordsOfRow({ resource, status, attachStatus, sizeGib, place, underWay, attachments }: StateFacts): string[] {
  const attached = attachStatus === null ? '' : `, ${attachStatus}`;
  return [
    `its row says: ${resource}, ${status}${attached}, ${sizeGib} GiB, on ${place ?? 'no host'}`,
    ...underWay.map(({ id, kind, state }) => `operation ${id} (${kind}) is ${state}`),
    ...attachments.map(({ id, instanceId, host, status: how, instance }) =>
      instanceId === null
        ? `attachment ${id} (${how}): host ${host ?? 'unknown'}`
        : `attachment ${id} (${how}): instance ${instanceId} on ${host ?? 'an unknown host'} is ${instance}`,
    ),
  ];
}

function wordsOfStorage({ resource, place }: StateFacts, finding: StorageFinding): string[] {
  if ('error' in finding) return [`${place ?? 'its storage'} could not be looked at: ${finding.error}`];
  if (place === null) return ['it is on no host, so nothing of it is anywhere'];
  if (!finding.there) return [`${place} does not have it`];
  const size = finding.sizeGib === null ? '' : `, ${finding.sizeGib} GiB`;
  const exported = resource !== 'volume' ? '' : finding.exported ? ', exported' : ', not exported';
  return [`${place} has it${size}${exported}`];
}
