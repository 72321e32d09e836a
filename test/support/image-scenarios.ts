// Scenarios of images: a volume made from one, uploaded to one, written over by one.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { serviceHostOf } from '../../domain/backend-host.ts';
import type { Image } from '../../domain/images.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { readPart, writePart } from './file-parts.ts';
import * as images from './image-requests.ts';
import type { LabImages } from './lab-images.ts';
import type { Lab } from './lab.ts';
import * as requests from './requests.ts';
import { made, volumeIs, type Scenario } from './scenarios.ts';

const text = 'what the image holds';
const at = 4096;

const imagesOf = ({ images: found }: Lab): LabImages => {
  if (!found) throw new Error('the lab was started without images');
  return found;
};

const smallImages = new WeakMap<Lab, Promise<Image>>();

/** 64 KiB with a text in them and holes around it: one for all of a lab's volumes. */
function smallImage(lab: Lab): Promise<Image> {
  const bytes = Buffer.alloc(65_536);
  bytes.write(text, at);
  const image = smallImages.get(lab) ?? imagesOf(lab).add(bytes, { properties: { os_distro: 'debian' } });
  smallImages.set(lab, image);
  return image;
}

export async function volumeFile(lab: Lab, volumeId: string): Promise<string> {
  const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  return join(lab.directory, ...serviceHostOf(host ?? '').split('@'), `volume-${volumeId}`);
}

/** The volume holds the image, boots, and remembers it; nothing of the image is left on the host. */
async function holdsImage(lab: Lab, request: AcceptRequest): Promise<void> {
  await volumeIs('available')(lab, request);
  const { resourceId: id, input } = request;
  const volume = await lab.db.volume.findUniqueOrThrow({ where: { id } });
  const { imageId } = input as { readonly imageId: string };
  expect(volume).toMatchObject({ bootable: true, imageMetadata: { image_id: imageId, os_distro: 'debian' } });
  expect(await readPart(await volumeFile(lab, id), at, text.length)).toBe(text);
  await expectNoImagesOnHosts(lab);
}

/** Nothing that was fetched or converted lies about. */
export async function expectNoImagesOnHosts({ directory }: Pick<Lab, 'directory'>): Promise<void> {
  const left = await readdir(join(directory, 'alpha', 'conversion')).catch(() => []);
  expect(left, 'images on the host').toEqual([]);
}

const settledUploads = new Set<string>();

/** Glance holds no image of an upload that did not succeed, and nothing half; each upload is looked at until it is over. */
export async function expectOnlyWholeImages({ db, images: glance }: Lab): Promise<void> {
  if (!glance) return;
  const uploads = await db.operation.findMany({ where: { kind: 'volumeUpload', id: { notIn: [...settledUploads] } } });
  for (const { id, state, finishedAt, input } of uploads) {
    const { imageId } = input as { readonly imageId: string };
    const image = await glance.glance.show(glance.access, imageId);
    expect(image?.status ?? null, `the image of an upload that has ${state}`).toBe(
      state === 'succeeded' ? 'active' : null,
    );
    if (finishedAt) settledUploads.add(id);
  }
}

export const imageScenarios: readonly Scenario<Lab>[] = [
  {
    name: 'create a volume from an image',
    prepare: async (lab) => images.createFromImage(await smallImage(lab)),
    expectDone: holdsImage,
  },
  {
    name: 'reimage a volume',
    stepsAsIn: 'create a volume from an image',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      await writePart(await volumeFile(lab, volumeId), at, 'something else altogether');
      return images.reimageVolume(volumeId, await smallImage(lab));
    },
    expectDone: holdsImage,
  },
  {
    name: 'upload a volume in use to an image',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      await writePart(await volumeFile(lab, volumeId), at, text);
      await lab.db.volume.update({ where: { id: volumeId }, data: { status: 'in-use' } });
      return images.uploadVolume(volumeId, await imagesOf(lab).queued({ diskFormat: 'qcow2' }), 'qcow2');
    },
    async expectDone(lab, request) {
      await volumeIs('in-use')(lab, request);
      const { imageId } = request.input as { readonly imageId: string };
      const { access, glance } = imagesOf(lab);
      expect(await glance.show(access, imageId)).toMatchObject({ status: 'active', virtualSizeBytes: 1024 ** 3 });
      await expectNoImagesOnHosts(lab);
    },
  },
];
