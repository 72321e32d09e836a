// What the API needs of an image service; workers/roles wires Glance to it.
import type { Image, ImageAccess, NewImage } from '../../domain/images.ts';

/** Each call throws ImageServiceError when Glance refuses or does not answer. */
export interface ImageService {
  /** How to reach Glance as who has this token; null where none is configured. */
  access(userToken: string | null): Promise<ImageAccess | null>;
  /** Null when there is none that the asker may see. */
  show(access: ImageAccess, id: string): Promise<Image | null>;
  /** The images of that name that the asker may see, two at most. */
  listByName(access: ImageAccess, name: string): Promise<readonly Image[]>;
  /** Makes an image without data. */
  create(access: ImageAccess, image: NewImage): Promise<Image>;
  /** Not there is success. */
  remove(access: ImageAccess, id: string): Promise<void>;
}

/** `[DEFAULT]` options that say what the API does with images, by Cinder's names. */
export interface ImageRules {
  /** `glance_core_properties`: what a volume knows of its image and an uploaded image does not inherit. */
  readonly coreProperties: readonly string[];
  /** `reserved_image_namespaces`: further prefixes that are not inherited either. */
  readonly reservedNamespaces: readonly string[];
  /** `enable_force_upload`: attached volumes may be uploaded. */
  readonly forceUpload: boolean;
}
