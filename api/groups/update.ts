// Changing a group: its name, its description, and which volumes belong to it. Nothing on a back-end changes.
import { isUuid } from '../../domain/ids.ts';
import { serviceHostOf } from '../../domain/backend-host.ts';
import {
  changeGroup,
  lockGroup,
  membersOf,
  type GroupMember,
  type GroupRow,
} from '../../prisma/store/groups/groups.ts';
import { lockResource } from '../../prisma/store/database/resource-status.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import { findVolume } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pyRepr } from '../http/python.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { groupNotFound } from './lookup.ts';
import type { UpdateGroupWish } from './schema.ts';

const removable = ['available', 'in-use', 'error', 'error_deleting'];
const addable = ['available', 'in-use'];

const idsIn = (list: string | null | undefined): readonly string[] =>
  list ? list.replace(/^,+|,+$/g, '').split(',') : [];

const invalid = (reason: string): ApiError => new ApiError('InvalidVolume', { reason });

/** Checks and changes it in one transaction. Throws InvalidVolume, InvalidGroup. */
export function updateGroup(context: RequestContext, group: GroupRow, wish: UpdateGroupWish): Promise<Answer> {
  const [adding, removing] = [idsIn(wish.add_volumes), idsIn(wish.remove_volumes)];
  const both = adding.filter((id) => removing.includes(id));
  if (both.length > 0) throw invalid(`UUIDs ${pyRepr(both)} are in both add and remove volume list.`);
  const [name, description] = [changed(wish.name, group.name), changed(wish.description, group.description)];
  return context.inTransaction(async (tx) => {
    const state = await lockGroup(tx, group.id);
    if (!state) throw groupNotFound(group.id);
    const members = await membersOf(tx, group.id);
    const addVolumeIds: string[] = [];
    for (const id of adding) {
      if (members.some((member) => member.id === id)) continue;
      await mustBeAddable(tx, group, id);
      addVolumeIds.push(id);
    }
    for (const id of removing) mustBeRemovable(group, members, id);
    const says = name !== undefined || description !== undefined || addVolumeIds.length > 0 || removing.length > 0;
    if (!says) {
      const reason = `Cannot update group ${group.id} because no valid name, description, add_volumes, or remove_volumes were provided.`;
      throw new ApiError('InvalidGroup', { reason });
    }
    if (addVolumeIds.length + removing.length > 0 && state.status !== 'available') {
      throw new ApiError('InvalidGroup', { reason: 'Group status must be available.' });
    }
    await changeGroup(tx, group.id, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      addVolumeIds,
      removeVolumeIds: removing,
    });
    return emptyAccepted;
  });
}

function changed(wish: string | null | undefined, before: string | null): string | undefined {
  const text = wish?.trim();
  return text === undefined || text === before ? undefined : text;
}

function mustBeRemovable(group: GroupRow, members: readonly GroupMember[], id: string): void {
  const member = members.find((one) => one.id === id);
  if (!member) throw invalid(`Cannot remove volume ${id} from group ${group.id} because it is not in the group.`);
  if (removable.includes(member.status)) return;
  throw invalid(
    `Cannot remove volume ${id} from group ${group.id} because volume is in an invalid state: ${member.status}. ` +
      `Valid states are: ${pyTuple(removable)}.`,
  );
}

async function mustBeAddable(tx: Transaction, group: GroupRow, id: string): Promise<void> {
  const refuse = (why: string): never => {
    throw invalid(`Cannot add volume ${id} to group ${group.id} ${why}`);
  };
  const locked = isUuid(id) ? await lockResource(tx, 'volume', id) : null;
  const volume = locked && (await findVolume(tx, id, null));
  if (!volume) return refuse('because volume cannot be found.');
  if (volume.groupId !== null) return refuse(`because it is already in group ${volume.groupId}.`);
  if (volume.projectId !== group.projectId) return refuse('as they belong to different projects.');
  if (volume.volumeTypeId === null) return refuse('because it has no volume type.');
  if (!group.volumeTypeIds.includes(volume.volumeTypeId)) {
    return refuse(`because volume type ${volume.volumeTypeId} is not supported by the group.`);
  }
  if (!addable.includes(volume.status)) {
    return refuse(`because volume is in an invalid state: ${volume.status}. Valid states are: ${pyTuple(addable)}.`);
  }
  const here = volume.host !== null && group.host !== null && serviceHostOf(volume.host) === serviceHostOf(group.host);
  if (!here) throw invalid('Volume is not local to this node.');
}

/** A Python tuple's repr. */
const pyTuple = (words: readonly string[]): string => `(${words.map((word) => pyRepr(word)).join(', ')})`;
