// Chooses the device name under which a volume is plugged into an instance.
import { StorageError } from '../../../domain/storage-errors.ts';

const prefix = 'vd';
/** vda … vdzz: more than any instance has slots for. */
const maxDevices = 26 + 26 * 26;

/** `vda`, `vdb`, … `vdz`, `vdaa`, … as the kernel numbers its virtio disks. */
function deviceName(index: number): string {
  const letter = (n: number): string => String.fromCharCode('a'.charCodeAt(0) + n);
  return index < 26 ? prefix + letter(index) : prefix + letter(Math.floor(index / 26) - 1) + letter(index % 26);
}

/**
 * The name for a new disk: `wish` (`/dev/vdc` or `vdc`) if it is free, else refused with AttachRefused as Nova refuses
 * it; without a wish the first name after every one in use.
 */
export function chooseDevice(inUse: ReadonlySet<string>, wish: string | null): string {
  if (wish === null || wish === '' || wish === 'auto') return nextFree(inUse);
  const name = wish.replace(/^\/dev\//, '');
  if (!/^(vd|sd|hd|xvd)[a-z]{1,2}$/.test(name)) {
    throw new StorageError(
      'AttachRefused',
      `${JSON.stringify(wish.slice(0, 60))} is not a device name such as /dev/vdb`,
    );
  }
  // Whatever bus the wish names, the disk is a virtio one, as in Nova: the letter is what the user chose.
  const device = name.replace(/^(sd|hd|xvd)/, prefix);
  if (inUse.has(device)) throw new StorageError('AttachRefused', `the device ${wish} is in use in this instance`);
  return device;
}

function nextFree(inUse: ReadonlySet<string>): string {
  for (let index = 0; index < maxDevices; index += 1) {
    const name = deviceName(index);
    if (!inUse.has(name)) return name;
  }
  throw new StorageError('AttachRefused', 'the instance has no device name left');
}
