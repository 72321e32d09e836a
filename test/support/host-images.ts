// What a volume worker of a test does with images.
import { join } from 'node:path';
import type { GlanceOptions } from '../../drivers/glance/options.ts';
import type { HostImages } from '../../workers/roles/volume.ts';

export const labGlance: GlanceOptions = {
  ...{ caFile: null, certFile: null, keyFile: null, insecure: false },
  timeoutMs: 30_000,
  retries: 1,
};

/** Images lie in `conversion` below the directory; everything else is as by default. */
export const imagesBelow = (directory: string): HostImages => ({
  glance: labGlance,
  options: {
    directory: join(directory, 'conversion'),
    introspectionCpuLimitS: 60,
    introspectionAddressSpaceGib: 1,
    conversionDisabled: false,
    compressOnUpload: true,
    vmdkAllowedTypes: ['streamOptimized', 'monolithicSparse'],
  },
});
