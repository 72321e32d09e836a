// What a storage, backup or compute host asks of the API's internal endpoint: it holds no database credentials.
import type { ImageAccess } from '../domain/images.ts';
import type { ChapSecret } from '../drivers/target/target.ts';

export interface HostClaim {
  readonly operationId: string;
  /** Decimal text, as the claim gave it. */
  readonly epoch: string;
}

export interface StepProgress {
  readonly step: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** A volume that its back-end exports, or may have exported for an operation that is under way. */
export interface WantedExport {
  readonly volumeId: string;
  readonly readonly: boolean;
  readonly chap: ChapSecret | null;
  /** False for one that only an operation uses: the host knows what it had exported for it. Left out: true. */
  readonly attached?: boolean;
}

export interface HostServices {
  /** Shows how far a step has come; at most once a second a step. Throws StaleEpoch when its claim is void. */
  reportProgress(claim: HostClaim, progress: StepProgress): Promise<void>;
  /** The CHAP credentials of a volume's target, while the claim is in force; null when it has none. */
  targetSecret(claim: HostClaim, volumeId: string): Promise<ChapSecret | null>;
  /** How to reach Glance on behalf of who asked for the operation; null where the API knows no Glance. */
  imageAccess(claim: HostClaim): Promise<ImageAccess | null>;
  /** What has to be exported on `serviceHost` (host@backend), for a target that has lost its memory. */
  wantedExports(serviceHost: string): Promise<readonly WantedExport[]>;
}
