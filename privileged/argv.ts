// A command's words: plain strings, and secrets that are handed to the process but never shown in an error or a log.

const hidden = '***';

/** A word of a command line that must not be shown; prints, inspects and serializes as `***`. */
export class SecretArgument {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The real text: only for the process that is about to be started. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden;
  }
}

export type Argument = string | SecretArgument;

/** A command line; the first word is the program. */
export type Argv = readonly [program: Argument, ...rest: Argument[]];

/** Marks one word of a command line as secret. */
export const secret = (value: string): SecretArgument => new SecretArgument(value);

/** The words as the process gets them. */
export function revealed(argv: readonly Argument[]): string[] {
  return argv.map((word) => (typeof word === 'string' ? word : word.reveal()));
}

/** The command line for people, with secrets as `***` and words that hold spaces quoted. */
export function shown(argv: readonly Argument[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./*-]+$/.test(String(word)) ? String(word) : JSON.stringify(String(word))))
    .join(' ');
}

/** `text` with every secret of `argv` replaced, because programs like to echo their arguments in error messages. */
export function withoutSecrets(text: string, argv: readonly Argument[]): string {
  const secrets = argv.flatMap((word) =>
    word instanceof SecretArgument && word.reveal() !== '' ? [word.reveal()] : [],
  );
  return secrets.reduce((safe, value) => safe.replaceAll(value, hidden), text);
}
