// An image as an operation's input: what its host has to know, what the volume will remember, and on whose behalf.
import { imageMetadataOf, type Image, type ImageSource } from '../../domain/images.ts';
import { keepUserToken } from '../../prisma/store/operations/user-tokens.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { glanceAs } from './find.ts';

/** Plain JSON, no secrets. */
export function imageInputOf(image: Image) {
  const { id, diskFormat, containerFormat, sizeBytes, checksum, hashAlgorithm, hashValue } = image;
  const source = {
    id,
    diskFormat,
    containerFormat,
    sizeBytes,
    checksum,
    hashAlgorithm,
    hashValue,
  } satisfies ImageSource;
  return { imageId: id, image: source, imageMetadata: imageMetadataOf(image) };
}

/**
 * What keeps the caller's token, sealed, in the transaction that accepts the operation: its host asks Glance with it.
 * With noauth there is none to keep.
 */
export async function tokenKeeper(context: RequestContext): Promise<(tx: Transaction) => Promise<void>> {
  const access = (await glanceAs(context))?.access;
  const { secretKey } = context.config;
  const token = access?.serviceToken == null ? null : access.userToken;
  return async (tx) => {
    if (token !== null && secretKey !== null) {
      await keepUserToken(tx, secretKey, { operationId: context.operationId, token });
    }
  };
}
