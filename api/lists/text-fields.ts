// Names and descriptions as snapshots and backups take them: up to 255 characters, trimmed afterwards.
import { text } from '../http/fields.ts';

const trim = (value: string): string => value.trim();

export const nameText = () => text({ max: 255 }).transform(trim).nullable().optional();

/** Printable characters and spaces only, as Cinder's pattern has them: no control characters, no line breaks. */
const printable = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

export const descriptionText = () => text({ max: 255, pattern: printable }).transform(trim).nullable().optional();
