// docker-compose.yml as docker reads it: variables filled in, merges carried out, lists and maps in one form.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
export const composePath = `${projectRoot}docker-compose.yml`;

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: Condition }>>;
  readonly deploy?: { readonly replicas?: number };
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly ports?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** Throws when the file names a variable that is not among `variables`. */
export async function readComposeFile(variables: Readonly<Record<string, string>>): Promise<ComposeFile> {
  return parse(filledIn(await readFile(composePath, 'utf8'), variables), { merge: true }) as ComposeFile;
}

/** https://docs.docker.com/reference/compose-file/interpolation/ */
function filledIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\{(\w+)(?::\?[^}]*)?\}/g, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    const value = variables[name];
    if (value === undefined) throw new Error(`docker-compose.yml: ${found} is not set`);
    return value;
  });
}

/** What has to be so before a service starts. */
export function dependenciesOf({ depends_on: names = [] }: ComposeService): readonly (readonly [string, Condition])[] {
  if (Array.isArray(names)) return (names as readonly string[]).map((name) => [name, 'service_started'] as const);
  return Object.entries(names as Readonly<Record<string, { readonly condition: Condition }>>).map(
    ([name, { condition }]) => [name, condition] as const,
  );
}

/** The Dockerfile's own ENTRYPOINT and environment: what a service of our image runs unless it says otherwise. */
export async function imageDefaults(): Promise<{
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}> {
  const lines = (await readFile(`${projectRoot}Dockerfile`, 'utf8')).split('\n');
  const entrypoint = lines.find((line) => line.startsWith('ENTRYPOINT '))?.slice('ENTRYPOINT '.length);
  if (entrypoint === undefined) throw new Error('Dockerfile: no ENTRYPOINT');
  const pairs = lines
    .filter((line) => line.startsWith('ENV '))
    .map((line) => line.slice(4).split('=') as [string, string]);
  return { entrypoint: JSON.parse(entrypoint) as string[], environment: Object.fromEntries(pairs) };
}
