// The volume role of one back-end: its driver's steps on `volume/<host>@<backend>`, its statistics, its exports.
import { BackendGate, behindGate } from '../../activities/backend-gate.ts';
import { createGroupSnapshotActivities } from '../../activities/group-snapshots.ts';
import { createImageActivities } from '../../activities/image.ts';
import { createManageActivities } from '../../activities/manage.ts';
import { createSurveyActivities } from '../../activities/survey.ts';
import { createTargetActivities } from '../../activities/target.ts';
import { createVolumeActivities } from '../../activities/volume.ts';
import { createVolumeCopyActivities } from '../../activities/volume-copy.ts';
import { volumeQueue } from '../../domain/task-queues.ts';
import type { Connector } from '../../drivers/connector/connector.ts';
import { GlanceConnection } from '../../drivers/glance/connection.ts';
import { GlanceImages } from '../../drivers/glance/images.ts';
import type { GlanceOptions } from '../../drivers/glance/options.ts';
import type { ImageOptions } from '../../drivers/image/options.ts';
import { ImagePlace } from '../../drivers/image/place.ts';
import type { TargetDriver } from '../../drivers/target/target.ts';
import type { VolumeDriver } from '../../drivers/volume/driver.ts';
import { keepExports } from './restore-exports.ts';
import { startHostWorker, startReporting, type HostReport, type HostRoleDeps } from './host-worker.ts';
import type { RunningWorker } from './run-worker.ts';

/** How this host reaches Glance (the API says where it is), and what it does with images. */
export interface HostImages {
  readonly glance: GlanceOptions;
  readonly options: ImageOptions;
}

export interface VolumeRoleDeps extends HostRoleDeps {
  /** Name of the back-end's section: the `backend` of host@backend. */
  readonly backend: string;
  readonly driver: VolumeDriver;
  readonly target: TargetDriver | null;
  /** How this host reaches the volumes of others: a migration copies them here. */
  readonly connector: Connector;
  readonly images: HostImages;
}

/** Starts the worker of one back-end; answers once the back-end is known to the scheduler. */
export async function startVolumeRole(deps: VolumeRoleDeps): Promise<RunningWorker> {
  const { driver, target, backend, host } = deps;
  await driver.checkForSetup();
  const exports = await keepExports(deps);
  await new ImagePlace(deps.images.options.directory).forgetOld();
  const glance = new GlanceConnection(deps.images.glance);
  const gate = new BackendGate();
  const gated = { ...deps, gate };
  const steps = {
    ...createVolumeActivities(gated),
    ...createTargetActivities(gated),
    ...createVolumeCopyActivities(gated),
    ...createManageActivities(gated),
    ...createImageActivities({ ...gated, glance: new GlanceImages(glance), imageOptions: deps.images.options }),
    ...createGroupSnapshotActivities(gated),
  };
  // Looking is no step: audits go on.
  const activities = { ...behindGate(gate, steps), ...createSurveyActivities(deps) };
  const serviceHost = `${host}@${backend}`;
  const worker = await startHostWorker(deps, volumeQueue(serviceHost), activities, 16);
  const makeReport = async (): Promise<HostReport> => {
    const pools = await driver.stats();
    return {
      binary: 'cinder-volume',
      host: serviceHost,
      availabilityZone: deps.availabilityZone,
      pools,
      obeys: gate.obeys,
    };
  };
  const reporting = await startReporting(deps, makeReport, ({ pause = null }) => gate.learn(pause));
  deps.log.info({ backend: serviceHost, driver: driver.name, target: target?.name ?? null }, 'volume worker is up');
  return {
    ended: worker.ended,
    async stop() {
      reporting.stop();
      await exports.stop();
      await worker.stop();
      await glance.close();
    },
  };
}
