// Query parameters as Cinder reads them.
import { ApiError } from './errors.ts';

const trueWords: ReadonlySet<string> = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const falseWords: ReadonlySet<string> = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

/** A boolean, in any of Python's words for one (oslo.utils bool_from_string), or null. */
export function booleanWord(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  if (trueWords.has(word)) return true;
  return falseWords.has(word) ? false : null;
}

/** A boolean parameter; false when it is not there. Throws InvalidParameterValue for anything else. */
export function flagParam(query: Readonly<Record<string, string>>, name: string): boolean {
  const text = query[name];
  if (text === undefined) return false;
  const value = booleanWord(text);
  if (value === null)
    throw new ApiError('InvalidParameterValue', { err: `Value '${text}' for '${name}' is not a boolean.` });
  return value;
}
