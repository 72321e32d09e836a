// The files of one volume on its share: its first file, and an overlay for each snapshot, as Cinder's .info records them.
import { z } from 'zod';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import { imageInfo, type ImageFile } from './commands.ts';
import { exportName, infoName, markName, overlayName, volumeName } from './names.ts';
import { readMark, type Mark } from './mark.ts';
import { parseImageInfo, type ImageFacts } from './parse.ts';
import type { ShareFiles } from './share-files.ts';

/** `active` is the file on top; every other key is a snapshot's id with the overlay that began when it was taken. */
const infoSchema = z.record(z.string(), z.string());

export class VolumeChain {
  readonly volumeId: string;
  readonly files: ShareFiles;
  readonly isExported: boolean;
  readonly #mark: Mark;
  #info: Readonly<Record<string, string>>;

  constructor(
    volumeId: string,
    files: ShareFiles,
    found: { mark: Mark; info: Record<string, string>; isExported: boolean },
  ) {
    this.volumeId = volumeId;
    this.files = files;
    this.isExported = found.isExported;
    this.#mark = found.mark;
    this.#info = found.info;
  }

  /** Null when the volume is not on this share. Throws NotOurs for one without our mark. */
  static async on(files: ShareFiles, volumeId: string): Promise<VolumeChain | null> {
    const [first, info, note, exported] = [volumeName, infoName, markName, exportName].map((name) =>
      name(volumeId),
    ) as [...[string, string, string, string]];
    const found = await files.sizes([first, info, note, exported]);
    if (!found.has(first)) return null;
    const mark = found.has(note) ? await readMark(files, volumeId) : null;
    if (mark === null) {
      throw new StorageError('NotOurs', `${files.path(first)} on ${files.share} is not Scoria's: it has no ${note}`);
    }
    const text = found.has(info) ? await files.readText(info) : null;
    return new VolumeChain(volumeId, files, {
      mark,
      info: text === null ? {} : parseInfo(text, files.path(info), volumeId),
      isExported: found.has(exported),
    });
  }

  get first(): ImageFile {
    return this.#image(volumeName(this.volumeId));
  }

  /** Where the volume's bytes are written now. */
  get active(): ImageFile {
    return this.#image(this.#info['active'] ?? volumeName(this.volumeId));
  }

  get snapshotIds(): readonly string[] {
    return Object.keys(this.#info).filter((key) => key !== 'active');
  }

  /** The overlay that began when the snapshot was taken; null when there is no such snapshot. */
  overlayOf(snapshotId: string): ImageFile | null {
    const name = this.#info[mustBeUuid(snapshotId)];
    return name === undefined ? null : this.#image(name);
  }

  async facts(image: ImageFile): Promise<ImageFacts> {
    return parseImageInfo(await this.files.image(imageInfo(image)));
  }

  /** What an overlay builds on. Throws UnexpectedOutput for one that leads out of this volume's files. */
  async backingOf(overlay: ImageFile): Promise<ImageFile> {
    const { backing } = await this.facts(overlay);
    const names = new Set([volumeName(this.volumeId), ...Object.values(this.#info)]);
    if (backing !== null && names.has(backing)) return this.#image(backing);
    throw new StorageError(
      'UnexpectedOutput',
      `${overlay.path} builds on ${JSON.stringify(backing)}, which is no file of volume ${this.volumeId}`,
    );
  }

  /** The overlay that builds on `image`; null when none does. */
  async overlayOn(image: ImageFile): Promise<ImageFile | null> {
    for (const name of new Set(Object.values(this.#info))) {
      if (name === volumeName(this.volumeId)) continue;
      const overlay = this.#image(name);
      if ((await this.backingOf(overlay)).path === image.path) return overlay;
    }
    return null;
  }

  /** Records a change, all at once. */
  async record(change: {
    readonly active?: ImageFile;
    readonly add?: string;
    readonly remove?: string;
  }): Promise<void> {
    const { add, remove, active = this.active } = change;
    const rest = Object.fromEntries(Object.entries(this.#info).filter(([key]) => key !== remove && key !== 'active'));
    const nameOf = ({ path }: ImageFile): string => path.slice(this.files.directory.length + 1);
    const info = {
      ...rest,
      ...(add === undefined ? {} : { [add]: overlayName(this.volumeId, add) }),
      active: nameOf(active),
    };
    await this.files.writeText(infoName(this.volumeId), `${JSON.stringify(info, null, 1)}\n`);
    this.#info = info;
  }

  /** An overlay's image by the snapshot that it is for, recorded or not. */
  newOverlay(snapshotId: string): ImageFile {
    return this.#image(overlayName(this.volumeId, snapshotId));
  }

  #image(name: string): ImageFile {
    return { path: this.files.path(name), format: name === volumeName(this.volumeId) ? this.#mark.format : 'qcow2' };
  }
}

/** No name in it may lead anywhere but to the volume's own files. */
function parseInfo(text: string, path: string, volumeId: string): Record<string, string> {
  const parsed = infoSchema.safeParse(jsonOrNull(text));
  const first = volumeName(volumeId);
  const isOurs = (name: string): boolean =>
    name === first || (name.startsWith(`${first}.`) && /^[0-9a-f-]{36}$/.test(name.slice(first.length + 1)));
  if (parsed.success && Object.values(parsed.data).every(isOurs)) return parsed.data;
  throw new StorageError('UnexpectedOutput', `${path} is not a record of the files of volume ${volumeId}`);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
