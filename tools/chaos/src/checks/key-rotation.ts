import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { poll, runCommand } from "@quartermaster/servers";
import jwt from "jsonwebtoken";
import type { Arena } from "../arena/arena";
import { buyersPassword } from "../arena/people";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import { openUnderLoad } from "../load/under-load";
import type { Recorder } from "../report/recorder";
import { runTests } from "./jest-tests";

/** A new key rests for 30 s before it signs, and instances read the folder every 5 s. */
const signsWithinMs = 45_000;
/** A key that was deleted is refused by then: docs/operations.md. */
const refusedWithinMs = 65_000;
const pauseMs = 100;
const repository = join(__dirname, "..", "..", "..", "..");

export const keyRotation = check({
  name: "key-rotation",
  number: 13,
  about:
    "The signing key is changed under load, with two identities and two gateways: no honest token is refused, old or new. A refresh token used twice ends its family, an honest race does not.",
  sizes: { reduced: { rotations: 1, leaked: false }, full: { rotations: 5, leaked: true } },
  run: async (ground) => {
    const { size, record, say } = ground;
    const { arena, buyers, load } = await openUnderLoad(ground, {
      ...{
        arena: { instances: { identity: 2, gateway: 2 } },
        buyersCount: 2,
        stocked: [{ stock: 1_000_000 }],
      },
      ...{ clients: 4, thinkMs: 50, settledFirst: 20 },
    });
    const folder = join(arena.folder, "secrets", "token-keys");
    const email = buyers[0]?.email ?? "";
    const session = watchSessions(arena, record, email);
    await poll(() => session.kid() !== undefined, signsWithinMs, pauseMs);
    for (let rotation = 1; rotation <= size.rotations; rotation++) {
      const before = session.kid();
      if (before === undefined) throw new Error("nobody could log in");
      record.fault("key added", `rotation ${rotation}`);
      await addKey(folder);
      const signing = poll(() => session.kid() !== before, signsWithinMs, pauseMs);
      // The key rests before it signs: time for what tests of identity show already.
      if (rotation === 1) await runTests(record, ["services/identity/test/sessions.int.test.ts"]);
      const isNew = await signing;
      record.claim(
        `rotation ${rotation}: the new key signs`,
        isNew === true,
        isNew ? "it signs" : "it does not",
      );
      // Both identities, whose clocks need not agree to the second.
      await wait(6_000);
      say(`${rotation} of ${size.rotations} keys changed; ${session.seen()} logins and refreshes`);
    }
    await session.stop();
    await load.stop();
    record.claim(
      "no honest token is refused while keys change",
      session.refused.length === 0,
      session.refused.slice(0, 5).join("; ") ||
        `${session.seen()} logins and refreshes, ${load.settled} operations`,
    );
    await claimInvariants(arena, record, [load]);
    if (size.leaked) await claimLeakedRefused(arena, record, { folder, token: buyers[1]?.token ?? "" });
  },
});

/** Deletes all keys but the newest: what the others have signed is refused soon. */
async function claimLeakedRefused(
  { http }: Arena,
  record: Recorder,
  { folder, token }: { folder: string; token: string },
): Promise<void> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".pem"));
  for (const name of files.sort().slice(0, -1)) rmSync(join(folder, name));
  const startedAt = performance.now();
  const ask = async () => (await http.ask("GET", "/me", { token })).status;
  // Both gateways: one answer each.
  const isRefused = await poll(
    async () => (await ask()) === 401 && (await ask()) === 401,
    refusedWithinMs,
    500,
  );
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  record.claim(
    "what a deleted key has signed is refused within 65 s",
    isRefused === true,
    isRefused ? `after ${seconds} s` : `${await ask()}`,
  );
}

async function addKey(folder: string): Promise<void> {
  const program = join(repository, "services", "identity", "dist", "rotate-keys.js");
  const { code, output } = await runCommand(process.execPath, [program], {
    env: { ...process.env, TOKEN_KEYS_DIR: folder },
  });
  if (code !== 0) throw new Error(`rotate-keys ended with code ${code}: ${output}`);
}

/** Logs in, refreshes and asks who it is, again and again; every token is tried at once, and once more later. */
function watchSessions({ http }: Arena, record: Recorder, email: string) {
  const refused: string[] = [];
  const older: string[] = [];
  let kid: string | undefined;
  let seen = 0;
  let stopped = false;
  const tryToken = async (token: string, what: string) => {
    const { status } = await http.ask("GET", "/me", { token });
    record.count("tokens tried");
    if (status !== 200) refused.push(`${what}: ${status}`);
  };
  const round = async () => {
    const login = await http.ask("POST", "/auth/login", { body: { email, password: buyersPassword } });
    if (login.status !== 200) refused.push(`login: ${login.status}`);
    if (login.status !== 200) return;
    const token = login.body.access_token as string;
    kid = jwt.decode(token, { complete: true })?.header.kid;
    await tryToken(token, "a new token");
    const body = { refresh_token: login.body.refresh_token };
    const refreshed = await http.ask("POST", "/auth/refresh", { body });
    if (refreshed.status !== 200) refused.push(`refresh: ${refreshed.status}`);
    else await tryToken(refreshed.body.access_token, "a refreshed token");
    const early = older[seen % Math.max(older.length, 1)];
    if (early) await tryToken(early, "an older token");
    older.push(token);
    seen += 1;
  };
  const ended = (async () => {
    for (; !stopped; await wait(pauseMs)) await round();
  })();
  return {
    refused,
    kid: () => kid,
    seen: () => seen,
    stop: () => {
      stopped = true;
      return ended;
    },
  };
}
