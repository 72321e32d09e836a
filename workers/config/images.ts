// The options of images as the API and the hosts with volumes want them.
import type { FixedValues, ImagesConfig } from './config.ts';

/** Where Glance says nothing about it: Cinder's has none, and a request that hangs for ever helps nobody. */
const defaultTimeoutMs = 60_000;

export function imagesOf({ DEFAULT: main }: FixedValues): ImagesConfig {
  const [serviceType = '', , endpointType = ''] = main.glance_catalog_info.split(':');
  return {
    servers: main.glance_api_servers?.map(baseAddress) ?? null,
    catalog: { serviceType, interface: interfaces[endpointType] ?? 'public' },
    glance: {
      caFile: main.glance_ca_certificates_file,
      certFile: main.glance_certfile,
      keyFile: main.glance_keyfile,
      insecure: main.glance_api_insecure,
      timeoutMs: main.glance_request_timeout === null ? defaultTimeoutMs : main.glance_request_timeout * 1000,
      retries: main.glance_num_retries,
    },
    rules: {
      coreProperties: main.glance_core_properties,
      reservedNamespaces: main.reserved_image_namespaces,
      forceUpload: main.enable_force_upload,
    },
    options: {
      directory: main.image_conversion_dir,
      introspectionCpuLimitS: main.image_introspection_cpu_limit,
      introspectionAddressSpaceGib: main.image_introspection_address_space_limit,
      conversionDisabled: main.image_conversion_disable,
      compressOnUpload: main.image_compress_on_upload,
      vmdkAllowedTypes: main.vmdk_allowed_types,
    },
  };
}

const interfaces: Readonly<Record<string, 'public' | 'internal' | 'admin'>> = {
  publicURL: 'public',
  internalURL: 'internal',
  adminURL: 'admin',
};

/** With its scheme, without a version and without slashes at its end. */
export function baseAddress(server: string): string {
  const address = server.includes('//') ? server : `http://${server}`;
  return address.replace(/\/+$/, '').replace(/\/v2$/, '');
}
