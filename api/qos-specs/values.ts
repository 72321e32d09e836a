// What a QoS spec may say: its consumer, and any keys and values that are short texts.
import type { Entries } from '../../prisma/store/database/json-entries.ts';
import type { QosConsumer } from '../../prisma/store/types/qos-specs.ts';
import { ApiError } from '../http/errors.ts';

const consumers: readonly string[] = ['back-end', 'front-end', 'both'] satisfies QosConsumer[];

// Cinder shows the internals of its own field type here; clients see this text, so it is theirs.
const consumerField =
  "QoSConsumerValues(default=<class 'oslo_versionedobjects.fields.UnspecifiedDefault'>,nullable=False," +
  "valid_values=('back-end', 'front-end', 'both'))";

/** The consumer asked for, or null when nobody asks. Throws InvalidQoSSpecs. */
export function consumerOf(value: unknown): QosConsumer | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && consumers.includes(value)) return value as QosConsumer;
  throw new ApiError('InvalidQoSSpecs', { reason: `Valid consumer of QoS specs are: ${consumerField}` });
}

/** Specs of a new row: keys of 1 to 255 characters, values of up to 255. Throws InvalidInput. */
export function specsOf(asked: Readonly<Record<string, unknown>>): Entries {
  return Object.fromEntries(
    Object.entries(asked).map(([key, value]): [string, string | null] => {
      mustFit(`Key "${key}"`, key, 1);
      return [key, value === null ? null : mustFit(`Value for key "${key}"`, value, 0)];
    }),
  );
}

function mustFit(what: string, value: unknown, min: number): string {
  if (typeof value !== 'string') throw new ApiError('InvalidInput', { reason: `${what} is not a string or unicode` });
  const length = Array.from(value).length;
  const problem = length < min ? `less than ${min}` : length > 255 ? 'more than 255' : null;
  if (problem) throw new ApiError('InvalidInput', { reason: `${what} has ${length} characters, ${problem}.` });
  return value;
}
