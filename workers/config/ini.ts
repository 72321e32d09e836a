// Reads INI text the way oslo.config does, so that an operator's cinder.conf means the same here.
// (npm's `ini` cuts values at `;` and `#`, nests sections at dots and knows no continuation lines: a password would change.)
// Authority: https://docs.openstack.org/oslo.config/latest/configuration/format.html

export interface IniValue {
  readonly section: string;
  readonly option: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

export interface IniFault {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly fault: string;
}

export interface IniResult {
  /** In the order of the text; where an option stands twice in a section both are here. */
  readonly values: readonly IniValue[];
  /** Sections that stand there, with or without options. */
  readonly sections: readonly string[];
  readonly faults: readonly IniFault[];
}

/** Takes the text apart; `file` is only for messages. Never throws: what cannot be read is a fault. */
export function parseIni(text: string, file: string): IniResult {
  const values: IniValue[] = [];
  const sections: string[] = [];
  const faults: IniFault[] = [];
  let section = '';
  let open: { option: string; parts: string[]; line: number } | null = null;
  const close = (): void => {
    if (open)
      values.push({ section, option: open.option, value: unquote(open.parts.join('\n')), file, line: open.line });
    open = null;
  };
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const fault = (reason: string): void => void faults.push({ file, line, text: raw.trim(), fault: reason });
    const trimmed = raw.trim();
    if (trimmed === '' || raw.startsWith('#') || raw.startsWith(';')) {
      close();
    } else if (/^\s/.test(raw)) {
      const current = open as { parts: string[] } | null;
      if (current) current.parts.push(trimmed);
      else fault('this line starts with a space, but there is no option above it that it could continue');
    } else if (trimmed.startsWith('[')) {
      close();
      const name = /^\[([^\]]*)\]$/.exec(trimmed)?.[1]?.trim();
      if (name) sections.push((section = name));
      else fault('a section is written [name]');
    } else {
      close();
      const match = /^([^=:]*)[=:](.*)$/s.exec(trimmed);
      const option = match?.[1]?.trim();
      if (!option) fault('an option is written name = value');
      else if (section === '') fault('this option stands before the first [section]');
      // oslo.config takes dashes for underscores in names.
      else open = { option: option.replaceAll('-', '_'), parts: [match?.[2]?.trim() ?? ''], line };
    }
  }
  close();
  return { values, sections, faults };
}

/** Quotes around the whole value are taken off. */
function unquote(value: string): string {
  const quote = value[0];
  const quoted = value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}
