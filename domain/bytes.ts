// Sizes. The API counts GiB; storage counts bytes.

export const bytesPerGib = 1024 ** 3;

export const gibToBytes = (sizeGib: number): number => sizeGib * bytesPerGib;
