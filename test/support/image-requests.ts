// Accept requests about images, as the API's routes make them, for tests that run without HTTP.
import { randomUUID } from 'node:crypto';
import { imageMetadataOf, type Image } from '../../domain/images.ts';
import { volumeQuota } from '../../domain/quota.ts';
import { plain, who, type Made } from './requests.ts';

const inputOf = (image: Image) => {
  const { id, diskFormat, containerFormat, sizeBytes, checksum, hashAlgorithm, hashValue } = image;
  const source = { id, diskFormat, containerFormat, sizeBytes, checksum, hashAlgorithm, hashValue };
  return { imageId: id, image: source, imageMetadata: imageMetadataOf(image) };
};

export function createFromImage(image: Image, sizeGib = 1): Made {
  const id = randomUUID();
  const request = plain('volumeCreate', id);
  const { image: source, ...known } = inputOf(image);
  return {
    ...request,
    input: { volumeId: id, sizeGib, source: { kind: 'image', image: source }, ...known },
    claims: [{ resource: 'volume', id }],
    quota: volumeQuota(1, sizeGib, null),
    within: async (tx) => {
      const { projectId, userId } = who;
      const row = { id, operationId: request.operationId, projectId, userId, sizeGib };
      await tx.volume.create({ data: { ...row, status: 'creating', availabilityZone: 'nova' } });
    },
  };
}

export function uploadVolume(volumeId: string, imageId: string, diskFormat = 'raw'): Made {
  return {
    ...plain('volumeUpload', volumeId),
    input: { volumeId, imageId, diskFormat },
    claims: [{ resource: 'volume', id: volumeId }],
  };
}

export function reimageVolume(volumeId: string, image: Image): Made {
  return {
    ...plain('volumeReimage', volumeId),
    input: { volumeId, ...inputOf(image) },
    claims: [{ resource: 'volume', id: volumeId }],
  };
}
