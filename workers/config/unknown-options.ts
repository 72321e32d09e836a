// Warnings about what stands in a configuration and has no effect.
import { isCinderOption, isCinderSection } from './cinder-options.ts';
import type { OptionTable } from './option.ts';
import type { Source } from './source.ts';
import { nearestName } from './spelling.ts';

export interface KnownOptions {
  /** Tables of the sections that are no back-ends, by section. */
  readonly fixed: Readonly<Record<string, OptionTable>>;
  readonly backends: readonly string[];
  /** Options that a back-end's section may hold. */
  readonly backend: readonly string[];
}

/** One line for each option, and for each section, that is read by nobody. */
export function warningsAbout(source: Source, known: KnownOptions): readonly string[] {
  return source.sections.flatMap((section) => {
    const asBackend = known.backends.includes(section) || section === 'backend_defaults';
    const table = known.fixed[section];
    if (!asBackend && table === undefined) return [aboutSection(section, source, known)].flat();
    const names = asBackend ? known.backend : Object.keys(table ?? {});
    return source
      .optionsOf(section)
      .filter(({ option }) => !names.includes(option))
      .map(({ option, file, line }) => `${file}:${line}: ${aboutOption(section, option, asBackend, names, known)}`);
  });
}

function aboutOption(
  section: string,
  option: string,
  asBackend: boolean,
  names: readonly string[],
  known: KnownOptions,
): string {
  const label = `[${section}] ${option}`;
  if (section === 'DEFAULT' && known.backend.includes(option)) {
    // https://docs.openstack.org/cinder/latest/admin/multi-backend.html
    return `${label} has no effect on back-ends, as in Cinder: set it in the back-end's section or in [backend_defaults]`;
  }
  if (isCinderOption(asBackend ? 'backend_defaults' : section, option)) {
    return `${label} is an option of Cinder's that Scoria does not have; it has no effect`;
  }
  const meant = nearestName(option, names);
  return `${label} is no known option; it has no effect${meant ? `. Did you mean ${meant}?` : ''}`;
}

function aboutSection(section: string, source: Source, known: KnownOptions): string | string[] {
  if (isCinderSection(section))
    return `[${section}] is a section of Cinder's that Scoria does not have; it has no effect`;
  if (source.get(section, 'volume_driver')) return `[${section}] is not in enabled_backends; it has no effect`;
  const meant = nearestName(section, [...Object.keys(known.fixed), ...known.backends, 'backend_defaults']);
  if (source.optionsOf(section).length === 0) return [];
  return `[${section}] is no known section; it has no effect${meant ? `. Did you mean [${meant}]?` : ''}`;
}
