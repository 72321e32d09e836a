// What a PostgreSQL server was asked, read from its own log: which process, which statement, how often, how long.
import { open, readdir, readFile, readlink, stat } from 'node:fs/promises';
import pg from 'pg';

export interface Statement {
  /** Name of the process that asked, as in the roots given; `other` for one that is not among them. */
  readonly process: string;
  /** On one line, without values. */
  readonly text: string;
  count: number;
  /** Parsing, binding and executing, as the server took it. */
  ms: number;
  /** Of its steps, the longest. */
  longestMs: number;
}

const ownName = 'bench-log';
const linePattern =
  /^(?<name>[^|\n]*)\|[^(|\n]*\((?<port>\d+)\)\|LOG: {2}duration: (?<ms>[\d.]+) ms {2}(?<step>parse|bind|execute|statement)(?: [^:]*)?: (?<text>[\s\S]*)$/;

/** Makes the server log every statement; answers how to stop that. Needs a superuser, as the embedded one's account is. */
export async function logStatements(databaseUrl: string): Promise<{ readonly db: pg.Client; stop(): Promise<void> }> {
  const db = new pg.Client({ connectionString: databaseUrl, application_name: ownName });
  await db.connect();
  await db.query("ALTER SYSTEM SET log_line_prefix = '%a|%r|'");
  await db.query('ALTER SYSTEM SET log_min_duration_statement = 0');
  await db.query('SELECT pg_reload_conf()');
  return {
    db,
    async stop() {
      await db.query('ALTER SYSTEM RESET ALL');
      await db.query('SELECT pg_reload_conf()');
      await db.end();
    },
  };
}

/** Statements logged while `work` ran, by process and text, the most frequent first. */
export async function statementsDuring(
  logFile: string,
  roots: Readonly<Record<string, number>>,
  work: () => Promise<void>,
): Promise<readonly Statement[]> {
  const { size } = await stat(logFile);
  await work();
  const owners = await portOwners(roots);
  const found = new Map<string, Statement>();
  for (const entry of entriesOf(await readFrom(logFile, size))) {
    const match = linePattern.exec(entry)?.groups;
    if (!match || match['name'] === ownName) continue;
    const text = (match['text'] ?? '').replaceAll(/\s+/g, ' ').trim();
    const process = owners.get(Number(match['port'])) ?? 'other';
    const key = `${process}|${text}`;
    const statement = found.get(key) ?? { process, text, count: 0, ms: 0, longestMs: 0 };
    found.set(key, statement);
    const ms = Number(match['ms']);
    statement.ms += ms;
    statement.longestMs = Math.max(statement.longestMs, ms);
    if (match['step'] === 'execute' || match['step'] === 'statement') statement.count += 1;
  }
  return [...found.values()].sort((left, right) => right.count - left.count);
}

async function readFrom(file: string, offset: number): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(size - offset);
    await handle.read(buffer, 0, buffer.length, offset);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** An entry goes on over lines that begin with a tab. */
const entriesOf = (text: string): string[] => text.split(/\n(?!\t)/);

/** Local TCP port → name of the process that holds it. proc_net_tcp: column 2 is the local address, column 10 the inode. */
async function portOwners(roots: Readonly<Record<string, number>>): Promise<ReadonlyMap<number, string>> {
  const table = await readFile('/proc/net/tcp', 'utf8');
  const ports = new Map<string, number>(
    table
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const columns = line.trim().split(/\s+/);
        const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
        return columns[9] === undefined ? [] : [[`socket:[${columns[9]}]`, port] as const];
      }),
  );
  const owners = new Map<number, string>();
  for (const [name, pid] of Object.entries(roots)) {
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      const port = ports.get(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''));
      if (port !== undefined) owners.set(port, name);
    }
  }
  return owners;
}
