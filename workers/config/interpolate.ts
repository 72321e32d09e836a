// Replaces `$name`, `${name}` and `$section.name` in a value by what those options hold, as oslo.config does.

/** Answers an option's own text (set or default, not yet replaced), or undefined when there is no such option. */
export type LookUp = (section: string, option: string) => string | undefined;

const reference = /\\\$|\$\$|\$(?:\{([A-Za-z_][\w.]*)\}|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?))/g;

/**
 * Options are looked for in `section`, then in DEFAULT; `$$` and `\$` are a dollar sign. A name that stands for
 * nothing is left as it is, as oslo.config leaves it. Throws RangeError when options refer to each other in a ring.
 */
export function interpolate(value: string, section: string, lookUp: LookUp, via: readonly string[] = []): string {
  return value.replace(reference, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return '$';
    const found = find(name, section, lookUp);
    if (found === undefined) return tryWithoutSuffix(whole, name, section, lookUp, via);
    const key = `[${found.section}] ${found.option}`;
    if (via.includes(key)) throw new RangeError(`${[...via, key].join(' → ')} refer to each other`);
    return interpolate(found.text, found.section, lookUp, [...via, key]);
  });
}

interface Found {
  readonly section: string;
  readonly option: string;
  readonly text: string;
}

function find(name: string, section: string, lookUp: LookUp): Found | undefined {
  const [first = '', second] = name.split('.', 2);
  const places =
    second === undefined
      ? [
          [section, first],
          ['DEFAULT', first],
        ]
      : [[first, second]];
  for (const [place = '', option = ''] of places) {
    const text = lookUp(place, option);
    if (text !== undefined) return { section: place, option, text };
  }
  return undefined;
}

/** `$host.example` may be the option `host` followed by text with a dot. */
function tryWithoutSuffix(
  whole: string,
  name: string,
  section: string,
  lookUp: LookUp,
  via: readonly string[],
): string {
  const dot = name.indexOf('.');
  if (dot < 0 || whole.startsWith('${')) return whole;
  const first = name.slice(0, dot);
  if (find(first, section, lookUp) === undefined) return whole;
  return interpolate(`\${${first}}`, section, lookUp, via) + name.slice(dot);
}
