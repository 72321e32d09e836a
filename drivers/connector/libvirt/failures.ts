// What virsh, libvirtd and QEMU say when something fails, and what that means for the person who has to act.
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';

interface FailureRow {
  readonly pattern: RegExp;
  readonly code: StorageErrorCode;
  readonly meaning: string;
}

/**
 * First match wins. A refused connection, a missing instance, a CHAP failure, a target that is gone and a size that has
 * not grown were provoked with libvirt 9.0 and QEMU 7.2 (instance-libvirt.test.ts); the other texts were not.
 */
export const failureTable: readonly FailureRow[] = [
  {
    pattern:
      /failed to connect to the hypervisor|Failed to connect socket|End of file while reading data|client socket is closed/,
    code: 'Unreachable',
    meaning: 'libvirtd does not answer on this compute host; is it running?',
  },
  {
    pattern: /failed to get domain|Domain not found/,
    code: 'Missing',
    meaning: 'there is no such instance on this compute host',
  },
  {
    pattern: /Authentication failure|Authorization failure|authentication required/i,
    code: 'PermissionDenied',
    meaning: "the storage host's target refused the volume's CHAP user and password",
  },
  {
    pattern: /Target not found|Target Not Found|LUN_NOT_SUPPORTED|LOGICAL UNIT NOT SUPPORTED/,
    code: 'Unreachable',
    meaning: "the storage host's target does not export the volume (any more)",
  },
  {
    pattern: /iSCSI: Failed to connect|Failed to log in to target|Cannot grow iSCSI devices: .*readcapacity/i,
    code: 'Unreachable',
    meaning: "this compute host cannot reach the storage host's target",
  },
  {
    pattern: /Cannot grow iSCSI devices|Cannot resize iSCSI devices/,
    code: 'Busy',
    meaning: "the storage host's target still reports the volume's old size",
  },
  {
    pattern: /No more available PCI (slots|addresses)|no more PCI slots|maximum supported number of devices/i,
    code: 'AttachRefused',
    meaning: 'the instance has no free PCI slot for another disk',
  },
  {
    pattern:
      /cannot acquire state change lock|in the process of unplug|domain is not running|Requested operation is not valid/,
    code: 'Busy',
    meaning: 'the instance is busy with something else or is changing its state',
  },
  {
    pattern: /Secret not found|no secret with matching/i,
    code: 'Misconfigured',
    meaning: "libvirt has lost the volume's CHAP secret",
  },
];

/** The error of a table row, with what the program said behind it; anything unknown stays CommandFailed (passing). */
export function translateFailure(stderr: string, what: string): StorageError {
  const said = stderr
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '')
    .slice(-3)
    .join('; ');
  const row = failureTable.find(({ pattern }) => pattern.test(stderr));
  return row
    ? new StorageError(row.code, `${what}: ${row.meaning} (${said})`)
    : new StorageError('CommandFailed', `${what}: ${said || 'virsh failed without a word'}`);
}
