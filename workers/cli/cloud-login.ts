// Logs in as the administrator of the cloud that a launcher wrote into clouds.yaml.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { cloudName } from '../embedded/clouds.ts';
import { endpointOf, logIn } from '../embedded/keystone-client.ts';

const noauthSchema = z.object({ auth: z.object({ endpoint: z.string(), token: z.string() }) });
const keystoneSchema = z.object({
  auth: z.object({ auth_url: z.string(), username: z.string(), password: z.string(), project_name: z.string() }),
});
const fileSchema = z.object({ clouds: z.object({ [cloudName]: z.union([noauthSchema, keystoneSchema]) }) });

/** The API's address with the project in it, and a token; null when the file is not there or not of a launcher. */
export async function adminOfCloud(file: string): Promise<{ endpoint: string; token: string } | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const parsed = fileSchema.safeParse(parse(text));
  if (!parsed.success) return null;
  const { auth } = parsed.data.clouds[cloudName];
  if ('token' in auth) return auth;
  const { auth_url: url, username: user, password, project_name: project } = auth;
  const token = await logIn(url, { user, password, scope: { project } });
  return { endpoint: await endpointOf(url, token, 'volumev3'), token };
}
