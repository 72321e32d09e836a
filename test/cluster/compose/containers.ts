// Runs the services of docker-compose.yml by hand: each one's own command and environment, in order, until it is healthy.
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import { runTool } from '../../../privileged/tool.ts';
import { waitUntil } from '../../../workers/embedded/eventually.ts';
import { tailOf } from '../../../workers/embedded/log-tail.ts';
import { canConnect } from '../support/loopback-hosts.ts';
import { dependenciesOf, projectRoot, type ComposeFile, type Condition } from './compose-file.ts';
import { localizeValue, makeMounts, type Adapt, type Container, type Localize } from './places.ts';
import { imageOf } from './programs.ts';

const startTimeoutMs = 180_000;
const stopGraceMs = 30_000;

export interface Command {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface ContainersOptions {
  readonly file: ComposeFile;
  readonly containers: readonly Container[];
  readonly localize: Localize;
  readonly adapt: Adapt;
  /** PATH of every container. */
  readonly path: string;
}

export class Containers {
  readonly #options: ContainersOptions;
  readonly #running = new Map<string, Daemon>();
  readonly #ready = new Map<string, Promise<void>>();

  constructor(options: ContainersOptions) {
    this.#options = options;
  }

  of(serviceName: string): readonly Container[] {
    return this.#options.containers.filter((container) => container.serviceName === serviceName);
  }

  named(name: string): Container {
    const found = this.#options.containers.find((container) => container.name === name);
    if (!found) throw new Error(`no container ${name}`);
    return found;
  }

  /** Starts a service and, before it, what it depends on; answers once it is healthy, or has ended well if it is to. */
  up(serviceName: string): Promise<void> {
    const known = this.#ready.get(serviceName);
    if (known) return known;
    const started = this.#up(serviceName);
    this.#ready.set(serviceName, started);
    return started;
  }

  async #up(serviceName: string): Promise<void> {
    const service = this.#options.file.services[serviceName];
    if (!service) throw new Error(`no service ${serviceName}`);
    const dependencies = dependenciesOf(service);
    await Promise.all(dependencies.map(([name]) => this.up(name)));
    for (const [name, condition] of dependencies) this.#mustMeet(name, condition);
    await Promise.all(this.of(serviceName).map((container) => this.start(container)));
  }

  #mustMeet(name: string, condition: Condition): void {
    const service = this.#options.file.services[name];
    if (condition === 'service_healthy' && !service?.healthcheck) throw new Error(`${name} has no health check`);
    if (condition === 'service_completed_successfully' && service?.restart !== 'no')
      throw new Error(`${name} is to end, and would be started again`);
  }

  /** Starts one replica with its service's command, or with another release's program in the same place. */
  async start(container: Container, from = projectRoot): Promise<void> {
    const { name, service, directory } = container;
    // PostgreSQL is the embedded one and runs already.
    if (name !== 'postgres-1') {
      await mkdir(directory, { recursive: true });
      await makeMounts(container, this.#options.localize, this.#options.adapt);
      const { argv, environment } = await this.commandOf(container);
      if (service.restart === 'no') return this.#runToEnd(container, argv, environment);
      const [command = '', ...args] = argv;
      const logFile = join(directory, 'log');
      const daemon = await startDaemon({ command, args, logFile, stopSignal: 'SIGTERM', env: environment, cwd: from });
      this.#running.set(name, daemon);
    }
    await this.#untilHealthy(container);
  }

  /** Entry point, command and environment as docker would put them together, with this machine's addresses. */
  async commandOf(container: Container): Promise<Command> {
    const { service } = container;
    const image = await imageOf(container);
    const words = [...(service.entrypoint ?? image.entrypoint), ...(service.command ?? [])];
    const variables = Object.entries({ ...image.environment, ...service.environment });
    const { localize, path } = this.#options;
    return {
      argv: words.map((word) => localize(word, container)),
      environment: {
        PATH: path,
        ...Object.fromEntries(variables.map(([name, value]) => [name, localizeValue(localize, value, container)])),
      },
    };
  }

  async #runToEnd({ name }: Container, [command = '', ...args]: readonly string[], env: Command['environment']) {
    const result = await runTool(command, args, { env, cwd: projectRoot, timeoutMs: startTimeoutMs });
    if (result.exitCode !== 0) throw new Error(`${name}: ${result.summary}\n${result.stdout}\n${result.stderr}`);
  }

  async #untilHealthy(container: Container): Promise<void> {
    const { name, directory } = container;
    const logFile = join(directory, 'log');
    const exited = this.#running.get(name)?.exited;
    const hopeless = exited?.then(async () => `it has ended:\n${await tailOf(logFile)}`);
    await waitUntil(
      `${name} to be healthy`,
      { timeoutMs: startTimeoutMs, ...(hopeless ? { hopeless } : {}) },
      async () => {
        if (!(await this.isHealthy(container)))
          throw new Error(`its health check fails; its log:\n${await tailOf(logFile)}`);
        return true;
      },
    );
  }

  /** Runs the health check that the file names once; a service without one is healthy. */
  async isHealthy(container: Container): Promise<boolean> {
    const [kind, ...words] = container.service.healthcheck?.test ?? ['NONE'];
    if (kind === 'NONE') return true;
    const argv = words.map((word) => this.#options.localize(word, container));
    const [command = '', ...args] = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...argv] : argv;
    // Few machines have the netcat that Alpine's images have.
    if (command === 'nc' && args[0] === '-z') return canConnect(args[1] ?? '', Number(args[2]));
    const env = { PATH: this.#options.path };
    return (await runTool(command, args, { env, cwd: projectRoot, timeoutMs: 10_000 })).exitCode === 0;
  }

  /** SIGKILL; answers once it is gone. */
  async kill({ name }: Container): Promise<void> {
    const daemon = this.#running.get(name);
    this.#running.delete(name);
    daemon?.kill();
    await daemon?.exited;
  }

  /** As `docker stop` does, with the file's grace. */
  async stop({ name }: Container): Promise<void> {
    const daemon = this.#running.get(name);
    this.#running.delete(name);
    await daemon?.stop(stopGraceMs);
  }

  /** Ends everything; what was begun is not waited for. */
  async down(): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(all.map((daemon) => daemon.stop(5_000)));
  }

  /** Copies every container's log to `directory`, for a person who looks for what went wrong. */
  async keepLogs(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const { name, directory: own } of this.#options.containers)
      await cp(join(own, 'log'), join(directory, `${name}.log`)).catch(() => undefined);
  }
}
