import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor, AnswerOf, AskOf, Request } from "@quartermaster/contracts";
import { type Answered, askerOver, type RunningService } from "@quartermaster/messaging";
import { readConfig } from "@quartermaster/process";
import { openWorld, silentLog, type World } from "@quartermaster/testkit";
import { IdentityConfig, start } from "../src/app";

export const adminLogin = { login: "admin@acme.test", password: "a long enough password" };
export const anonymous: Actor = { kind: "anonymous", id: "anonymous", ip: "192.0.2.1" };
export const administrator: Actor = { kind: "user", id: "a", name: "Ada", role: "ADMIN" };

/** Identity on real servers, and a way to ask it as somebody. */
export interface IdentityWorld {
  world: World;
  service: RunningService;
  keysFolder: string;
  startAnother(env?: Record<string, string>): Promise<RunningService>;
  ask<C extends Request>(contract: C, ask: unknown, actor?: Actor, id?: string): Promise<Answered<C>>;
  /** The answer; throws when it was refused. */
  get<C extends Request>(contract: C, ask: unknown, actor?: Actor): Promise<AnswerOf<C>>;
  close(): Promise<void>;
}

export async function openIdentity(env: Record<string, string> = {}): Promise<IdentityWorld> {
  const [world, keysFolder] = await Promise.all([
    openWorld("identity"),
    mkdtemp(join(tmpdir(), "identity-keys-")),
  ]);
  const running: RunningService[] = [];
  const startAnother = async (more: Record<string, string> = {}) => {
    const config = readConfig(IdentityConfig, {
      DATABASE_URL: world.databaseUrl("identity"),
      ...world.natsFor("identity"),
      TOKEN_KEYS_DIR: keysFolder,
      BOOTSTRAP_ADMIN_EMAIL: adminLogin.login,
      BOOTSTRAP_ADMIN_PASSWORD: adminLogin.password,
      ...env,
      ...more,
    });
    // A service's user may not ask itself: tests ask in the tester's name.
    const service = { ...(await start(config, silentLog)), asker: askerOver(world.tester) };
    running.push(service);
    return service;
  };
  const service = await startAnother();
  const ask = <C extends Request>(contract: C, body: unknown, actor: Actor = anonymous, id?: string) =>
    service.asker.ask(contract, body as AskOf<C>, {
      ...(id ? { id } : {}),
      meta: { actor, requestId: "r-1", causation: null, traceparent: null },
      timeoutMs: 20_000,
    });
  return {
    world,
    service,
    keysFolder,
    startAnother,
    ask,
    get: async (contract, body, actor) => {
      const answered = await ask(contract, body, actor);
      if (!("answer" in answered)) throw new Error(`not answered: ${JSON.stringify(answered)}`);
      return answered.answer;
    },
    close: async () => {
      for (const one of running) await one.stop();
      await world.close();
      await rm(keysFolder, { recursive: true });
    },
  };
}

/** Events that identity has said, in order. */
export async function saidEvents(world: World): Promise<{ subject: string; meta: never; body: never }[]> {
  const rows = await world.sql<{ subject: string; meta: string; body: string }>(
    "select subject, meta, body from identity.outbox order by epoch, seq",
  );
  return rows.map(
    ({ subject, meta, body }) => ({ subject, meta: JSON.parse(meta), body: JSON.parse(body) }) as never,
  );
}
