import { randomUUID } from "node:crypto";
import { GetJwks, type ServiceName } from "@quartermaster/contracts";
import { type Handler, type RunningService, reply, startService } from "@quartermaster/messaging";
import { ProcessConfig } from "@quartermaster/process";
import { eventually, openWorld, silentLog, type World } from "@quartermaster/testkit";
import { GatewayConfig, type RunningGateway, start } from "../../src/app";
import { type Person, type SigningKey, signingKey } from "./signing";

export const admin: Person = { sub: "019a2b3c-0000-7000-8000-0000000000a1", role: "ADMIN" };
export const viewer: Person = { sub: "019a2b3c-0000-7000-8000-0000000000a2", role: "VIEWER" };
export const sales: Person = { sub: "019a2b3c-0000-7000-8000-0000000000a3", role: "SALES" };
export const buyer: Person = {
  sub: "019a2b3c-0000-7000-8000-0000000000a4",
  role: "CUSTOMER",
  customerId: "019a2b3c-0000-7000-8000-0000000000c4",
};

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
}

export interface Ask {
  token?: string;
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
}

export type AskGateway = (method: string, path: string, ask?: Ask) => Promise<Answer>;

/** A gateway on real NATS and Postgres, with whatever answers the test starts. */
export interface Platform {
  world: World;
  gateway: RunningGateway;
  key: SigningKey;
  keys: SigningKey[];
  url: string;
  ask: AskGateway;
  /** Starts one more gateway on the same NATS and Postgres. */
  anotherGateway(): Promise<AskGateway>;
  /** Starts an instance of a service that serves these messages. */
  serve(service: ServiceName, ...messages: Handler[]): Promise<RunningService>;
  close(): Promise<void>;
}

export async function openPlatform(env: Record<string, string> = {}): Promise<Platform> {
  const world = await openWorld("gateway", "identity", "inventory", "orders", "billing", "audit");
  const running: { stop(): Promise<void> }[] = [];
  const serve = async (service: ServiceName, ...messages: Handler[]) => {
    const config = ProcessConfig.parse({
      DATABASE_URL: world.databaseUrl(service),
      ...world.natsFor(service),
      LOG_LEVEL: "silent",
      INSTANCE: `${service}-${randomUUID().slice(0, 8)}`,
      DATABASE_POOL_MAX: "4",
      // A test may serve some messages by one stand-in of a service and some by another.
      COMMANDS_BY: "all",
    });
    const started = await startService({ service, config, log: silentLog, messages });
    const one = { ...started, stop: once(started.stop) };
    running.push(one);
    return one;
  };
  const key = signingKey("key-1");
  const keys = [key];
  await serve(
    "identity",
    reply(GetJwks, async () => ({ keys: keys.map(({ jwk }) => jwk) })),
  );
  const started = await start(gatewayConfig(world, env), silentLog);
  const gateway = { ...started, stop: once(started.stop) };
  const url = `http://127.0.0.1:${gateway.port}`;
  await readyAt(url);
  return {
    world,
    gateway,
    key,
    keys,
    url,
    ask: (method, path, ask) => send(url, method, path, ask),
    anotherGateway: async () => {
      const another = await start(gatewayConfig(world, { ...env, INSTANCE: "gateway-another" }), silentLog);
      running.push({ stop: another.stop });
      const itsUrl = `http://127.0.0.1:${another.port}`;
      await readyAt(itsUrl);
      return (method, path, ask) => send(itsUrl, method, path, ask);
    },
    serve,
    close: async () => {
      await gateway.stop();
      await Promise.all(running.map((one) => one.stop()));
      await world.close();
    },
  };
}

/** A test may stop what is stopped at its end anyway. */
function once(stop: () => Promise<void>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= stop();
    return stopped;
  };
}

function gatewayConfig(world: World, env: Record<string, string>) {
  return GatewayConfig.parse({
    DATABASE_URL: world.databaseUrl("gateway"),
    ...world.natsFor("gateway"),
    LOG_LEVEL: "silent",
    INSTANCE: "gateway-test",
    GATEWAY_PORT: "0",
    GATEWAY_HOST: "127.0.0.1",
    ...env,
  });
}

async function readyAt(url: string): Promise<void> {
  const ready = async () => (await send(url, "GET", "/health/ready")).status === 200;
  await eventually(ready, { withinMs: 10_000 });
}

async function send(url: string, method: string, path: string, ask: Ask = {}): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (ask.token) headers.authorization = `Bearer ${ask.token}`;
  if (ask.body !== undefined || ask.raw !== undefined) headers["content-type"] = "application/json";
  const body = ask.raw ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body));
  const answer = await fetch(url + path, {
    method,
    headers: { ...headers, ...ask.headers },
    redirect: "manual",
    ...(body === undefined ? {} : { body: body as string }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type") ?? "");
  return { status: answer.status, headers: answer.headers, body: isJson && text ? JSON.parse(text) : text };
}
