import { ListProducts, LogIn } from "@quartermaster/contracts";
import { handle, refuse, reply } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { buyer, openPlatform, type Platform, viewer } from "./support/platform";
import { tokenFor } from "./support/signing";

let platform: Platform;
/** Queries that wait in the service until the test lets them go. */
const held: (() => void)[] = [];

beforeAll(async () => {
  platform = await openPlatform({
    RATE_LIMIT_AUTH_PER_MINUTE: "5",
    RATE_LIMIT_PER_MINUTE: "8",
    IN_FLIGHT_MAX: "3",
    TRUST_PROXY: "1",
  });
  await platform.serve(
    "identity",
    handle(LogIn, async (_tx, commands) => commands.map(() => refuse("invalid_credentials"))),
  );
  await platform.serve(
    "inventory",
    reply(ListProducts, async (_db, ask) => {
      if (ask.q === "wait") {
        await new Promise<void>((resolve) => held.push(resolve));
      }
      return { data: [], next: null };
    }),
  );
}, 60_000);

afterAll(() => platform?.close());

test("logins are limited per address, as the trusted proxy tells it", async () => {
  const login = (ip: string) =>
    platform.ask("POST", "/auth/login", {
      body: { email: "a", password: "b" },
      headers: { "X-Forwarded-For": ip },
    });
  for (let n = 0; n < 5; n += 1) expect((await login("203.0.113.1")).status).toBe(401);
  const limited = await login("203.0.113.1");
  expect([limited.status, limited.body.code]).toEqual([429, "too_many_requests"]);
  expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await login("203.0.113.2")).status).toBe(401);
  for (let n = 0; n < 5; n += 1) await login(`2001:db8:1:2::${n}`);
  expect((await login("2001:db8:1:2::ffff")).status).toBe(429);
});

test("beyond the requests that may be under way, the next is a 503 at once, and health gets through", async () => {
  const token = tokenFor(viewer, platform.key);
  const read = (q: string) => platform.ask("GET", `/products?q=${q}`, { token });
  const slow = [read("wait"), read("wait"), read("wait")];
  await eventually(async () => held.length === 3, { withinMs: 5_000 });
  const answer = await read("x");
  expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([
    503,
    "overloaded",
    "2",
  ]);
  expect((await platform.ask("GET", "/health/live")).status).toBe(200);
  for (const release of held) release();
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200]);
}, 20_000);

test("requests are limited per user when that is configured", async () => {
  const token = tokenFor(buyer, platform.key);
  const statuses: number[] = [];
  for (let n = 0; n < 9; n += 1) statuses.push((await platform.ask("GET", "/products", { token })).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 429]);
});
