// Address and certificates of the connection to Temporal, for clients and workers alike.
import { readFile } from 'node:fs/promises';
import type { TemporalConfig } from '../config/config.ts';

interface TlsOptions {
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
  readonly serverNameOverride?: string;
}

export interface TemporalConnectionOptions {
  readonly address: string;
  readonly tls?: TlsOptions;
}

/** Reads the certificate files named in the configuration. Throws when one cannot be read. */
export async function temporalConnectionOptions({ address, tls }: TemporalConfig): Promise<TemporalConnectionOptions> {
  if (tls === null) return { address };
  const { caFile, certFile, keyFile, serverName } = tls;
  return {
    address,
    tls: {
      ...(caFile === null ? {} : { serverRootCACertificate: await readFile(caFile) }),
      ...(certFile === null || keyFile === null
        ? {}
        : { clientCertPair: { crt: await readFile(certFile), key: await readFile(keyFile) } }),
      ...(serverName === null ? {} : { serverNameOverride: serverName }),
    },
  };
}
