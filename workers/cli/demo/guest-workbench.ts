// The workbench of a machine with libvirt: a running guest gets the volume as /dev/vdb.
import { setTimeout as delay } from 'node:timers/promises';
import { bootGuest, eventuallySees, type DemoGuest } from './guest.ts';
import type { KnownFiles } from './known-files.ts';
import type { Openstack } from './openstack.ts';
import { mustBeTheImage, shortDigest, type Deed, type Workbench } from './workbench.ts';

interface GuestWorkbenchOptions {
  readonly libvirtUri: string;
  readonly files: KnownFiles;
  readonly openstack: Openstack;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const knownPatienceMs = 60_000;

/** Boots the guest, with the known files on its vda, and waits until Nova's API knows it. */
export async function guestWorkbench(options: GuestWorkbenchOptions): Promise<Workbench> {
  const { libvirtUri, files, openstack, say, signal } = options;
  const guest = await bootGuest(libvirtUri, files.imagePath, say);
  try {
    await untilKnown(openstack, guest, signal);
  } catch (error) {
    await guest.remove();
    throw error;
  }
  return new GuestWorkbench(guest, openstack);
}

class GuestWorkbench implements Workbench {
  readonly place: string;
  readonly #guest: DemoGuest;
  readonly #openstack: Openstack;

  constructor(guest: DemoGuest, openstack: Openstack) {
    this.#guest = guest;
    this.#openstack = openstack;
    this.place = `the running guest ${guest.name}`;
  }

  attach(volumeId: string): Deed {
    const words = ['server', 'add', 'volume', this.#guest.name, volumeId];
    return {
      typed: `openstack ${words.join(' ')}`,
      run: async () => {
        await this.#openstack.run(words, 'none');
        await this.#openstack.finished(volumeId);
        await eventuallySees(this.#guest, 'vdb');
        return 'in-use; the guest sees /dev/vdb, over iSCSI with CHAP';
      },
    };
  }

  writeKnownFiles(files: KnownFiles): Deed {
    return {
      typed: '(in the guest) dd if=/dev/vda of=/dev/vdb bs=1M',
      run: async () => {
        await this.#guest.run('dd if=/dev/vda of=/dev/vdb bs=1M 2>/dev/null && sync');
        const sha256 = await this.#sha256(files);
        mustBeTheImage(files, sha256);
        return `${files.imageSizeMib} MiB written, ${shortDigest(sha256)}`;
      },
    };
  }

  changeData(files: KnownFiles): Deed {
    return {
      typed: '(in the guest) mount /dev/vdb /mnt; rm /mnt/letter.txt; dd if=/dev/urandom of=/mnt/random.bin',
      run: async () => {
        await this.#guest.run('mount -t ext4 /dev/vdb /mnt && rm /mnt/letter.txt');
        await this.#guest.run('dd if=/dev/urandom of=/mnt/random.bin bs=1M count=4 2>/dev/null && sync && umount /mnt');
        if ((await this.#sha256(files)) === files.imageSha256) throw new Error('the data did not change');
        return 'a file is gone, another one has other bytes';
      },
    };
  }

  detach(volumeId: string): Deed {
    const words = ['server', 'remove', 'volume', this.#guest.name, volumeId];
    return {
      typed: `openstack ${words.join(' ')}`,
      run: async () => {
        await this.#openstack.run(words, 'none');
        await this.#openstack.finished(volumeId);
        const partitions = await this.#guest.run('cat /proc/partitions');
        if (partitions.includes('vdb')) throw new Error('the guest still has vdb');
        return 'available; vdb has left the guest, the target is gone';
      },
    };
  }

  proveBytes(files: KnownFiles): Deed {
    return {
      typed: '(in the guest) sha256sum /dev/vdb; mount -o ro /dev/vdb /mnt; sha256sum -c',
      run: async () => {
        const sha256 = await this.#sha256(files);
        mustBeTheImage(files, sha256);
        await this.#guest.run('mount -t ext4 -o ro /dev/vdb /mnt');
        for (const [name, expected] of files.sha256ByName) {
          const actual = (await this.#guest.run(`sha256sum /mnt/${name}`)).split(' ')[0];
          if (actual !== expected) throw new Error(`${name} came back with other bytes`);
        }
        await this.#guest.run('umount /mnt');
        return `image and all ${files.sha256ByName.size} files are equal, ${shortDigest(sha256)}`;
      },
    };
  }

  close(): Promise<void> {
    return this.#guest.remove();
  }

  /** Digest of the part of vdb that the image was written to, read past the guest's cache. */
  async #sha256(files: KnownFiles): Promise<string> {
    await this.#guest.run('sync; echo 3 > /proc/sys/vm/drop_caches');
    const output = await this.#guest.run(`dd if=/dev/vdb bs=1M count=${files.imageSizeMib} 2>/dev/null | sha256sum`);
    return output.trim().split(/\s+/)[0] ?? '';
  }
}

/** The compute worker reports its instances at intervals: until then Nova does not know the guest. */
async function untilKnown(openstack: Openstack, guest: DemoGuest, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + knownPatienceMs;
  while ((await openstack.run(['server', 'show', guest.id], 'json').catch(() => null)) === null) {
    signal.throwIfAborted();
    if (Date.now() > deadline) throw new Error('the compute worker did not report the guest');
    await delay(500, undefined, { signal });
  }
}
