// Reads rootwrap.conf: where filters and programs are, and how the root program behaves.
// https://docs.openstack.org/oslo.rootwrap/latest/user/usage.html#rootwrap-configuration-file
import type { StorageError } from '../../domain/storage-errors.ts';
import { programPath } from '../environment.ts';
import { misconfigured, parseIni, type IniOption } from './ini.ts';
import { syslogFacilities, syslogLevels } from './syslog.ts';

export interface RootwrapConfig {
  readonly filtersPath: readonly string[];
  readonly execDirs: readonly string[];
  readonly useSyslog: boolean;
  /** syslog(3)'s number, not shifted. */
  readonly syslogFacility: number;
  /** Python's number: 40 tells what failed, 20 every use too. */
  readonly syslogLevel: number;
  /** The daemon ends after this long without a command. */
  readonly daemonTimeoutS: number;
  readonly rlimitNofile: number;
}

/** Throws StorageError Misconfigured naming file, line, option and what is allowed. Unknown options are left alone. */
export function parseRootwrapConfig(fileName: string, text: string): RootwrapConfig {
  const options = parseIni(fileName, text, { isStrict: true }).get('DEFAULT');
  const read = <T>(name: string, parse: (value: string) => T | null, allowed: string, missing: T): T => {
    const option = options?.get(name);
    if (!option) return missing;
    const value = parse(option.value);
    if (value === null) throw wrong(name, option, allowed);
    return value;
  };
  const filtersPath = read('filters_path', directories, 'directories separated by commas', null);
  if (filtersPath === null) throw misconfigured(fileName, 'filters_path is missing in [DEFAULT]');
  return {
    filtersPath,
    execDirs: read('exec_dirs', directories, 'directories separated by commas', programPath.split(':')),
    useSyslog: read('use_syslog', boolean, 'true or false', false),
    syslogFacility: read(
      'syslog_log_facility',
      facility,
      Object.keys(syslogFacilities).join(', '),
      facility('syslog') ?? 5,
    ),
    syslogLevel: read('syslog_log_level', level, Object.keys(syslogLevels).join(', '), syslogLevels.ERROR),
    daemonTimeoutS: read('daemon_timeout', count, 'seconds', 600),
    rlimitNofile: read('rlimit_nofile', count, 'a number', 1024),
  };
}

function wrong(name: string, { value, where }: IniOption, allowed: string): StorageError {
  return misconfigured(where, `${name} = ${value} is not allowed (${allowed})`);
}

/** oslo.rootwrap does not trim them, and then silently finds nothing in ` /b` of `/a, /b`. */
const directories = (value: string): readonly string[] =>
  value
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');

const booleans: Readonly<Record<string, boolean>> = {
  '1': true,
  yes: true,
  true: true,
  on: true,
  '0': false,
  no: false,
  false: false,
  off: false,
};
const own = <T>(table: Readonly<Record<string, T>>, key: string): T | null =>
  Object.hasOwn(table, key) ? (table[key] ?? null) : null;

const boolean = (value: string): boolean | null => own(booleans, value.toLowerCase());
/** `local0` or, as Python names its constants, `LOG_LOCAL0`. */
const facility = (value: string): number | null =>
  own(syslogFacilities, value.startsWith('LOG_') ? value.slice(4).toLowerCase() : value);
const level = (value: string): number | null => own(syslogLevels, value.toUpperCase());
const count = (value: string): number | null => (/^\d{1,9}$/.test(value) ? Number(value) : null);
