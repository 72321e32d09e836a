// Reads oslo.rootwrap's *.filters files: `name: FilterClass, program, user, arguments…` below `[Filters]`.
// https://docs.openstack.org/oslo.rootwrap/latest/user/usage.html#filters-definition-files
import { StorageError } from '../domain/storage-errors.ts';
import { filterClasses, type Filter } from './filters.ts';

/** The filters of one file's text, in its order. Throws StorageError Misconfigured naming file, line and what is wrong. */
export function parseFilterFile(fileName: string, text: string): readonly Filter[] {
  let section = '';
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return [];
    const heading = /^\[(.+)\]$/.exec(line);
    if (heading) {
      section = heading[1] ?? '';
      return [];
    }
    // Other sections are other programs' business, as for oslo.rootwrap.
    return section === 'Filters' ? [parseLine(line, `${fileName}:${index + 1}`)] : [];
  });
}

function parseLine(line: string, where: string): Filter {
  const match = /^([^:=]+?)\s*[:=]\s*(.*)$/.exec(line);
  if (!match) throw misconfigured(where, `not "name: FilterClass, program, user": ${line}`);
  const [, name = '', definition = ''] = match;
  const [className = '', program = '', runAs = '', ...args] = definition.split(',').map((word) => word.trim());
  const build = filterClasses[className];
  if (!build)
    throw misconfigured(where, `unknown filter class ${className} (known: ${Object.keys(filterClasses).join(', ')})`);
  if (program === '' || runAs === '') throw misconfigured(where, `${name} needs a program and a user`);
  try {
    return build({ name, program, runAs, args });
  } catch (error) {
    throw misconfigured(where, error instanceof Error ? error.message : String(error));
  }
}

function misconfigured(where: string, what: string): StorageError {
  return new StorageError('Misconfigured', `${where}: ${what}`);
}
