// What a volume host does with images, by Cinder's option names (image_*, vmdk_allowed_types).

export interface ImageOptions {
  /** `image_conversion_dir`: where images lie between Glance and their volume. */
  readonly directory: string;
  /** What looking into an image may cost: seconds of CPU and GiB of address space. */
  readonly introspectionCpuLimitS: number;
  readonly introspectionAddressSpaceGib: number;
  /** `image_conversion_disable`: only raw images. */
  readonly conversionDisabled: boolean;
  /** `image_compress_on_upload`, for formats that can. */
  readonly compressOnUpload: boolean;
  readonly vmdkAllowedTypes: readonly string[];
}
