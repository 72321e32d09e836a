// The task queues: one for what any control worker may run, one for each host's own commands.

export const controlQueue = 'control';

/** Queue of the volume worker that owns `host@backend`. */
export const volumeQueue = (serviceHost: string): string => `volume/${serviceHost}`;

/** Queue of the backup worker on `host`. */
export const backupQueue = (host: string): string => `backup/${host}`;

/** Queue of the compute worker on `host`. */
export const computeQueue = (host: string): string => `compute/${host}`;
