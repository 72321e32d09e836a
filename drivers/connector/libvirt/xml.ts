// XML as libvirt speaks it: read with a parser, written with every value escaped.
import { XMLParser } from 'fast-xml-parser';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
};

/**
 * `text` for an element or a quoted attribute. Throws TypeError for characters that XML cannot hold at all
 * (https://www.w3.org/TR/xml/#charsets).
 */
export function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is refused
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text))
    throw new TypeError('a value cannot be written as XML');
  return text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => name === 'disk',
});

/** The document as nested objects: attributes are `@name`, text of an element with attributes is `#text`. */
export function parseXml(text: string): unknown {
  return parser.parse(text, true);
}
