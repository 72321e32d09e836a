// Reads a configuration: text in, a checked ScoriaConfig and warnings out, or everything that is wrong at once.
import { backupOptions } from '../../drivers/backup/config.ts';
import { assembleConfig } from './assemble.ts';
import { commonBackendOptions, driverOptions, driverSchemas } from './backend-options.ts';
import type { BackendConfig, FixedValues, ScoriaConfig } from './config.ts';
import { checkByDriver } from './driver-check.ts';
import type { LookUp } from './interpolate.ts';
import { missingForKeystone } from './keystone.ts';
import type { OptionTable } from './option.ts';
import { fixedSections } from './options.ts';
import { policyFileOf } from './policy-file.ts';
import { ConfigError, describeProblem, type Problem } from './problem.ts';
import { missingFor, type Role } from './requirements.ts';
import { readSection } from './section.ts';
import { mergeSources, readSources, type Source, type SourceText } from './source.ts';
import { warningsAbout } from './unknown-options.ts';

export interface LoadedConfig {
  readonly config: ScoriaConfig;
  /** One line each, for the operator. */
  readonly warnings: readonly string[];
}

export interface LoadOptions {
  /** Roles that will run with it: what they need must be there. */
  readonly roles?: readonly Role[];
}

/** Reads one or several INI files, the later ones winning as with oslo's repeated --config-file. Throws ConfigError. */
export function loadConfig(files: string | readonly string[], options: LoadOptions = {}): LoadedConfig {
  return parseConfig(readSources(typeof files === 'string' ? [files] : files), options);
}

/** The same from texts. Throws ConfigError with every problem, in the order of the sections. */
export function parseConfig(texts: readonly SourceText[], options: LoadOptions = {}): LoadedConfig {
  const source = mergeSources(texts);
  const problems: Problem[] = [...missingFor(options.roles ?? [], source)];
  const report = (problem: Problem): void => void problems.push(problem);
  const lookUp = lookUpIn(source);
  const values = Object.fromEntries(
    Object.entries(fixedSections).map(([section, table]) => [
      section,
      readSection({ section, table, places: [section], source, lookUp, report }),
    ]),
  ) as unknown as FixedValues;
  if (options.roles?.includes('api')) problems.push(...missingForKeystone(values, source));
  const sections = values.DEFAULT.enabled_backends ?? [];
  const backends = sections.map((section) => readBackend(section, values, { source, lookUp, report }));
  const backup = checkByDriver({
    schema: backupOptions,
    values: backupValues(values),
    places: ['DEFAULT'],
    source,
    report,
  });
  const policyFile = policyFileOf(values.oslo_policy.policy_file, texts, source, report);
  const warnings = warningsAbout(source, { fixed: fixedSections, backends: sections, backend: backendOptionNames });
  const lines = [...source.faults, ...new Set(problems.map(describeProblem))];
  if (lines.length > 0) throw new ConfigError(lines, warnings);
  return { config: assembleConfig(values, { backends, backup, policyFile }), warnings };
}

interface Reading {
  readonly source: Source;
  readonly lookUp: LookUp;
  readonly report: (problem: Problem) => void;
}

function readBackend(section: string, { DEFAULT: main }: FixedValues, reading: Reading): BackendConfig {
  // https://docs.openstack.org/cinder/latest/admin/multi-backend.html: what a back-end does not set is shared.
  const places = [section, 'backend_defaults'] as const;
  const common = readSection({ ...reading, section, places, table: commonBackendOptions });
  const driver = common.volume_driver;
  const backendName = common.volume_backend_name ?? section;
  const special = driver && readSection({ ...reading, section, places, table: driverOptions[driver] });
  const own = { ...common, ...special, volume_backend_name: backendName };
  return {
    section,
    driver,
    backendName,
    availabilityZone: common.backend_availability_zone ?? main.storage_availability_zone,
    options: driver && checkByDriver({ ...reading, schema: driverSchemas[driver], values: own, places }),
    common,
  };
}

/** Only the options of the backup service, under Scoria's name for its driver. */
function backupValues({ DEFAULT: main }: FixedValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(main).filter(([name]) => name in backupOptions.shape));
}

const backendTables: readonly OptionTable[] = [commonBackendOptions, ...Object.values(driverOptions)];
const backendOptionNames: readonly string[] = backendTables.flatMap((table) => Object.keys(table));

/** Answers for `$name`: what is set, else the default; in a back-end's section its name counts as its back-end name. */
function lookUpIn(source: Source): LookUp {
  return (section, option) => {
    const set = source.get(section, option)?.value;
    if (set !== undefined) return set;
    const fixed = (fixedSections as Readonly<Record<string, OptionTable>>)[section];
    if (fixed) return fixed[option]?.default ?? undefined;
    const shared = source.get('backend_defaults', option)?.value;
    if (shared !== undefined) return shared;
    if (option === 'volume_backend_name') return section;
    return backendTables.map((table) => table[option]?.default).find((text) => text != null) ?? undefined;
  };
}
