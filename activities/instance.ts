// Steps on an instance, on its compute host: plug a volume in, take it out, tell it that the volume has grown.
import type { InstanceDriver } from '../drivers/connector/instance.ts';
import { mustBeUuid } from '../domain/ids.ts';
import type { ConnectionInfo } from '../drivers/target/target.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';

export interface PlugVolumeRequest {
  readonly claim: HostClaim;
  readonly instanceId: string;
  readonly volumeId: string;
  readonly connection: ConnectionInfo;
  /** `/dev/vdX` if the user wished for one. */
  readonly device: string | null;
  readonly readonly: boolean;
}

export interface UnplugVolumeRequest {
  readonly claim: HostClaim;
  readonly instanceId: string;
  readonly volumeId: string;
}

export interface ResizeInInstanceRequest extends UnplugVolumeRequest {
  readonly sizeGib: number;
}

export interface InstanceActivities {
  plugVolume(request: PlugVolumeRequest): Promise<{ device: string }>;
  /** Also the undo of plugVolume. */
  unplugVolume(request: UnplugVolumeRequest): Promise<void>;
  resizeInInstance(request: ResizeInInstanceRequest): Promise<void>;
}

/** A compute worker's steps on its instances. */
export function createInstanceActivities(driver: InstanceDriver, deps: HostStepDeps): InstanceActivities {
  return {
    plugVolume: ({ claim, ...request }) =>
      hostStep(deps, claim, mustBeUuid(request.volumeId), async (step) => {
        const isIscsi = request.connection.driver_volume_type === 'iscsi';
        const chap = isIscsi ? await deps.services.targetSecret(claim, request.volumeId) : null;
        return driver.plugVolume(step, { ...request, chap });
      }),
    unplugVolume: ({ claim, instanceId, volumeId }) =>
      hostStep(deps, claim, mustBeUuid(volumeId), (step) => driver.unplugVolume(step, instanceId, volumeId)),
    resizeInInstance: ({ claim, instanceId, volumeId, sizeGib }) =>
      hostStep(deps, claim, mustBeUuid(volumeId), (step) => driver.resizeVolume(step, instanceId, volumeId, sizeGib)),
  };
}
