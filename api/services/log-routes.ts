// PUT /os-services/get-log and set-log (3.32): how much services log, read and changed while they run.
import { changeService, listLiveServices, type Service } from '../../prisma/store/services/services.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { getLogSchema, logBinaries, setLogSchema } from './schema.ts';
import { microversions } from '../http/microversion-table.ts';

const policy: Policy = 'volume_extension:services:update';
const since = microversions.logLevels;
const apiBinary = 'cinder-api';

/** Each service has one logger; whatever is below it in Python's dotted names logs as it does. */
const rootLogger = 'cinder';

const levelWords = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const;
type Level = keyof typeof levelWords;
const levels = Object.keys(levelWords) as Level[];

interface Wish {
  readonly binary?: string;
  readonly server?: string | null;
  readonly prefix?: string | null;
}

const wordOf = (level: string | null): string => levelWords[(level ?? 'info') as Level] ?? 'INFO';

/** The name that an answer gives the level under: the one asked for, or the root's. */
function loggerOf({ prefix }: Wish): string | null {
  if (!prefix || rootLogger.startsWith(prefix)) return rootLogger;
  return prefix.startsWith(`${rootLogger}.`) ? prefix : null;
}

function servicesOf({ db, config }: RequestContext, { binary, server }: Wish): Promise<Service[]> {
  const binaries = !binary || binary === '*' ? logBinaries : [binary];
  const since = new Date(Date.now() - config.serviceDownTimeS * 1000);
  return listLiveServices(db, { binaries, host: server || null, since });
}

/** The API process that answers is meant, too, unless the request names another host or binary. */
function isThisProcessMeant({ config }: RequestContext, { binary, server }: Wish): boolean {
  return (!binary || binary === '*' || binary === apiBinary) && (!server || server === config.host);
}

async function getLog(context: RequestContext, wish: Wish): Promise<Answer> {
  const logger = loggerOf(wish);
  const view = (host: string, binary: string, level: string | null) => ({
    host,
    binary,
    levels: logger === null ? {} : { [logger]: wordOf(level) },
  });
  const own = isThisProcessMeant(context, wish) ? [view(context.config.host, apiBinary, context.processLog.level)] : [];
  const services = await servicesOf(context, wish);
  return { body: { log_levels: [...own, ...services.map((row) => view(row.host, row.binary, row.logLevel))] } };
}

/** Services learn it with the answer to their next report. A logger that there is not stays as it is. */
async function setLog(context: RequestContext, wish: Wish & { readonly level: string }): Promise<Answer> {
  const level = levels.find((name) => levelWords[name] === wish.level.toUpperCase());
  const { prefix } = wish;
  if (!level || (prefix && !rootLogger.startsWith(prefix))) return emptyAccepted;
  const services = await servicesOf(context, wish);
  return context.inTransaction(async (tx) => {
    for (const { binary, host } of services) await changeService(tx, binary, host, { logLevel: level });
    if (isThisProcessMeant(context, wish)) context.processLog.level = level;
    return emptyAccepted;
  });
}

export const serviceLogRoutes = [
  route({ method: 'PUT', path: '/os-services/get-log', since, policy, schema: getLogSchema, handler: getLog }),
  route({ method: 'PUT', path: '/os-services/set-log', since, policy, schema: setLogSchema, handler: setLog }),
];
