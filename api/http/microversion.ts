// Which microversion a request asks for, as `OpenStack-API-Version: volume 3.27` says.
// https://docs.openstack.org/cinder/latest/contributor/api_microversion_dev.html
import { ApiError } from './errors.ts';

/** `3.27`; routes and handlers compare with `atLeast`. */
export type Microversion = `3.${number}`;

export const minimumMicroversion: Microversion = '3.0';
export const maximumMicroversion: Microversion = '3.71';

const servicePattern = 'volume';
const versionPattern = /^([1-9]\d*)\.([1-9]\d*|0)$/;

/** The number after the dot: microversions of one major version are ordered by it. */
export function minorOf(version: Microversion): number {
  return Number(version.slice(2));
}

/** The last microversion before that one. */
export const justBelow = (version: Microversion): Microversion => `3.${minorOf(version) - 1}`;

/** Throws InvalidAPIVersionString, InvalidGlobalAPIVersion, or MalformedRequest when only other services are named. */
export function negotiateMicroversion(header: string | undefined): Microversion {
  if (header === undefined) return minimumMicroversion;
  const entry = header.split(',').find((part) => part.includes(servicePattern));
  const [, wanted, ...rest] = entry?.trim().split(/\s+/) ?? [];
  if (wanted === undefined || rest.length > 0) throw new ApiError('MalformedRequest');
  if (wanted === 'latest') return maximumMicroversion;
  const match = versionPattern.exec(wanted);
  if (!match) throw new ApiError('InvalidAPIVersionString', { version: wanted });
  const [, major, minor] = match;
  if (major !== '3' || Number(minor) > minorOf(maximumMicroversion)) {
    throw new ApiError('InvalidGlobalAPIVersion', {
      req_ver: wanted,
      min_ver: minimumMicroversion,
      max_ver: maximumMicroversion,
    });
  }
  return wanted as Microversion;
}

/** The version that the answer's headers name: what was negotiated, or a refused one of this or a later major. */
export function answeredMicroversion(header: string | undefined): string | null {
  try {
    return negotiateMicroversion(header);
  } catch (error) {
    // Cinder names the version it refuses, except the legacy 1.0 and 2.0 (recordings 011 and 012).
    if (!(error instanceof ApiError) || error.name !== 'InvalidGlobalAPIVersion') return null;
    const { req_ver: wanted = '' } = error.params as { req_ver?: string };
    return /[12]\.0/.test(wanted) ? null : wanted;
  }
}
