import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import {
  databaseUrl,
  ensureDatabase,
  freePort,
  migrateServices,
  probeUser,
  provisionRoles,
  provisionSchemas,
  type ServiceName,
  serviceNames,
  serviceUrl,
  type WatchedProcess,
} from "@quartermaster/servers";
import { type Instance, type InstanceName, instancesOf } from "./instances";
import { givenLogins, type NatsLogin, type NatsLogins, ownLogins } from "./nats-logins";
import { enterFolder, type RunFolder } from "./run-folder";
import { natsContextFile, openSecrets, type Secrets } from "./secrets";
import { choosePort, openNats, openPostgres, type ServerPlace } from "./server-processes";
import { environmentFor, gatewayUrlOf } from "./service-environment";
import { startService, untilServiceReady } from "./service-processes";
import { type Report, type Supervised, supervise } from "./supervisor";

/** Everything that a stack runs. */
export type ProcessName = InstanceName | "postgres" | "nats";

export interface StackOptions {
  /** Everything the stack keeps: the cluster, the streams, logs, secrets and pids. */
  dataDir: string;
  /** A port that is named must be free; for one that is not, the usual one is taken, or a free one. */
  ports?: { gateway?: number; postgres?: number; nats?: number };
  /** For the services; on top of our own environment. */
  env?: NodeJS.ProcessEnv;
  /** Asked at each start of each instance, restarts included: what it gets on top of everything else. */
  envAtStart?: (name: InstanceName) => NodeJS.ProcessEnv;
  /** Asked at each start of each instance: the checkout whose build it runs. Default: this one. */
  checkoutAtStart?: (name: InstanceName) => string | undefined;
  /** Only these services are started (all are migrated). Default: all six. */
  only?: readonly ServiceName[];
  /** More than one of a service. Gateways after the first listen on free ports: see `gatewayUrls`. */
  instances?: Partial<Record<ServiceName, number>>;
  /** A Postgres that runs already, with a login that may make roles; none is started then. */
  databaseUrl?: string;
  /**
   * A NATS server with JetStream that runs already; none is started then. Its users' passwords are in the environment: see
   * docs/security.md.
   */
  natsUrl?: string;
  /** Who may operate the stack over NATS. Default: those of infra/nats/operators.json. */
  operators?: readonly string[];
  /** False for tests: Postgres does not wait for the disk. Default true. */
  durable?: boolean;
  /** Told each step and each restart. */
  report?: Report;
}

export interface Stack {
  readonly gatewayUrl: string;
  /** Of every gateway, the first one first; clients spread themselves over them. */
  readonly gatewayUrls: readonly string[];
  readonly natsUrl: string;
  /** A user of the NATS server: a service, an operator, `probe` or `system`. Undefined when none is needed or known. */
  natsLogin(user: string): NatsLogin | undefined;
  /** What the stock CLI needs to connect as an operator: `nats --context <this file>`. */
  natsContextFile(operator: string): string;
  /** As the service's login role. */
  databaseUrl(service: ServiceName): string;
  /** As the superuser. */
  readonly adminDatabaseUrl: string;
  /** Ends it and leaves it ended; a signal such as SIGKILL is sent in place of the clean end. */
  stopService(name: ProcessName, signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, and waits until it is ready. */
  startService(name: ProcessName): Promise<void>;
  /** Sends a signal and nothing else: what it kills is started again by the stack; a service that ends with exit code 0 stays ended. */
  signalService(name: ProcessName, signal: NodeJS.Signals): void;
  pids(): Partial<Record<ProcessName, number>>;
  /** Ends everything in order: services, NATS, Postgres. */
  stop(): Promise<void>;
}

/** A first start compiles nothing, but six processes share two cores with the servers. */
const readyWithinMs = 90_000;

/** Starts real servers and the services on them, and waits until all are ready. Whatever dies is started again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const report = options.report ?? (() => undefined);
  mkdirSync(dataDir, { recursive: true });
  const run = await enterFolder(dataDir);
  const running: Supervised[] = [];
  const stop = async () => {
    await Promise.all(running.filter(({ name }) => !isServer(name)).map((one) => one.stop()));
    await Promise.all(running.filter(({ name }) => isServer(name)).map((one) => one.stop()));
    run.leave();
  };
  try {
    return { ...(await openStack({ ...options, dataDir }, run, running, report)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function isServer(name: string): boolean {
  return name === "postgres" || name === "nats";
}

async function openStack(
  options: StackOptions,
  run: RunFolder,
  running: Supervised[],
  report: Report,
): Promise<Omit<Stack, "stop">> {
  const { dataDir } = options;
  const secrets = openSecrets(dataDir);
  const keep = (name: ProcessName, launch: Parameters<typeof supervise>[1]) => {
    const onPid = (pid: number | undefined) => run.writePid(name, pid);
    const supervised = supervise(name, launch, { report, onPid, mayEnd: !isServer(name) });
    running.push(supervised);
    return supervised;
  };
  const given = { ...process.env, ...options.env };
  const [adminDatabaseUrl, { natsUrl, logins }] = await Promise.all([
    databaseOf(options, secrets, { dataDir, keep, report }),
    natsOf(options, given, { dataDir, keep, report }),
  ]);
  const gatewayPorts = await gatewayPortsOf(options);
  const urlFor = (service: ServiceName) =>
    serviceUrl(adminDatabaseUrl, service, secrets.servicePasswords[service]);
  const gatewayUrls = gatewayPorts.map((port) => gatewayUrlOf(port, given));
  const [gatewayUrl = ""] = gatewayUrls;
  const services = new Map<Instance, Supervised>();
  for (const instance of instancesOf(options.only ?? serviceNames, options.instances)) {
    const { name, service, number } = instance;
    const natsLogin = logins.of(service);
    const gatewayPort = gatewayPorts[service === "gateway" ? number - 1 : 0] ?? 0;
    const place = { dataDir, gatewayPort, natsUrl, databaseUrl: urlFor(service) };
    const env = environmentFor(service, natsLogin ? { ...place, natsLogin } : place, given, number);
    services.set(
      instance,
      keep(name, () => startAs(options, instance, env)),
    );
  }
  const untilReady = (instance: Instance, supervised: Supervised) => {
    const ownUrl = gatewayUrls[instance.service === "gateway" ? instance.number - 1 : 0] ?? gatewayUrl;
    const place = { gatewayUrl: ownUrl, natsUrl, probe: logins.of(probeUser), dataDir };
    return untilServiceReady(instance, supervised, place, readyWithinMs);
  };
  const begin = async (instance: Instance, supervised: Supervised) => {
    await supervised.start();
    await untilReady(instance, supervised);
    report(`${instance.name} is ready`);
  };
  await Promise.all([...services].map(([instance, supervised]) => begin(instance, supervised)));
  const { host, pathname } = new URL(adminDatabaseUrl);
  const databasePlace = options.databaseUrl ? {} : { databasePlace: `${host}${pathname}` };
  await run.announce({ gatewayUrl, natsUrl, ...databasePlace });

  const find = (name: ProcessName): Supervised => {
    const found = running.find((one) => one.name === name);
    if (found === undefined) throw new Error(`This stack does not run ${name}.`);
    return found;
  };
  return {
    gatewayUrl,
    gatewayUrls,
    natsUrl,
    natsLogin: logins.of,
    natsContextFile: (operator) => natsContextFile(dataDir, operator),
    adminDatabaseUrl,
    databaseUrl: urlFor,
    stopService: (name, signal) => find(name).stop(signal),
    startService: async (name) => {
      await find(name).start();
      const instance = [...services.keys()].find((one) => one.name === name);
      if (instance) await untilReady(instance, find(name));
    },
    signalService: (name, signal) => find(name).signal(signal),
    pids: () =>
      Object.fromEntries(running.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]]))),
  };
}

/** With what the options say about this very start. */
function startAs(
  { dataDir, envAtStart, checkoutAtStart }: StackOptions,
  instance: Instance,
  env: NodeJS.ProcessEnv,
): Promise<WatchedProcess> {
  const { name } = instance;
  return startService(instance, dataDir, {
    env: { ...env, ...envAtStart?.(name) },
    checkout: checkoutAtStart?.(name),
  });
}

async function gatewayPortsOf({ ports, instances }: StackOptions): Promise<number[]> {
  const gatewayPorts = [await choosePort("GATEWAY_PORT", ports?.gateway, 8080)];
  while (gatewayPorts.length < (instances?.gateway ?? 1)) gatewayPorts.push(await freePort());
  return gatewayPorts;
}

async function databaseOf(options: StackOptions, secrets: Secrets, place: ServerPlace): Promise<string> {
  const own = { password: secrets.postgresPassword, durable: options.durable ?? true };
  const url = options.databaseUrl ?? (await openPostgres(place, options.ports?.postgres, own));
  return prepareDatabase(url, secrets, place.report);
}

async function natsOf(
  options: StackOptions,
  given: NodeJS.ProcessEnv,
  place: ServerPlace,
): Promise<{ natsUrl: string; logins: NatsLogins }> {
  if (options.natsUrl) return { natsUrl: options.natsUrl, logins: givenLogins(given) };
  const { logins, access, contextsFor } = ownLogins(place.dataDir, options.operators);
  const natsUrl = await openNats(place, options.ports?.nats, access);
  contextsFor(natsUrl);
  return { natsUrl, logins };
}

/** Returns the address of the database with everything in it. */
async function prepareDatabase(adminUrl: string, secrets: Secrets, report: Report): Promise<string> {
  const named = new URL(adminUrl).pathname.length > 1 ? adminUrl : databaseUrl(adminUrl, "quartermaster");
  await ensureDatabase(named);
  await provisionRoles(named, secrets.servicePasswords);
  await provisionSchemas(named);
  const applied = await migrateServices(named, serviceNames);
  report(applied.length === 0 ? "the schemas are up to date" : `migrated: ${applied.length} files`);
  return named;
}
