import {
  CreateLocation,
  GetOrder,
  GetUser,
  ListProducts,
  LogIn,
  OpenCustomer,
  PlaceOrder,
  RefreshToken,
  RegisterUser,
} from "@quartermaster/contracts";
import { type Command, done, handle, refuse, reply } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { exampleOf } from "../src/openapi/examples";
import { admin, buyer, openPlatform, type Platform } from "./support/platform";
import { tokenFor } from "./support/signing";

let platform: Platform;
let token: string;

beforeAll(async () => {
  platform = await openPlatform({ COMMAND_TIMEOUT_MS: "1000" });
  token = tokenFor(buyer, platform.key);
}, 60_000);

afterAll(() => platform?.close());

const body = { items: [{ product_id: 1, quantity: 6 }] };
const place = (headers: Record<string, string> = {}) =>
  platform.ask("POST", "/orders", { token, body, headers });

test("while nobody serves orders, an order is a 503 at once, with Retry-After, and nothing was accepted", async () => {
  const startedAt = Date.now();
  const answer = await place();
  expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([
    503,
    "service_unavailable",
    "2",
  ]);
  expect(Date.now() - startedAt).toBeLessThan(1_000);
});

test("a service that is away for long is not even asked, and heard again soon after it is back", async () => {
  for (let n = 0; n < 15; n += 1)
    expect((await platform.ask("GET", "/products", { token })).status).toBe(503);
  await platform.serve(
    "inventory",
    reply(ListProducts, async () => ({ data: [], next: null })),
  );
  await eventually(async () => (await platform.ask("GET", "/products", { token })).status === 200, {
    withinMs: 4_000,
  });
}, 15_000);

test("refusals open no breaker", async () => {
  await platform.serve(
    "identity",
    reply(GetUser, async () => refuse("not_found")),
  );
  for (let n = 0; n < 30; n += 1) expect((await platform.ask("GET", "/me", { token })).status).toBe(404);
});

test("an order whose instance died is asked for again, and another instance answers it", async () => {
  const answer = exampleOf(PlaceOrder).answer as never as object;
  const ids: string[] = [];
  // Takes the message as its queue's only member, and never answers: an instance that dies after taking it.
  const deaf = platform.world.nats.subscribe(PlaceOrder.subject, { queue: "orders" });
  const first = place();
  for await (const message of deaf) {
    ids.push(message.headers?.get("Nats-Msg-Id") ?? "");
    break;
  }
  const orders = await platform.serve(
    "orders",
    handle(PlaceOrder, async (_tx, commands) =>
      commands.map((command) => {
        ids.push(command.id);
        return done({ ...answer, id: command.id } as never);
      }),
    ),
  );
  const placed = await first;
  expect([placed.status, placed.body.id]).toEqual([201, ids[0]]);
  expect(new Set(ids).size).toBe(1);
  await orders.stop();
}, 30_000);

test("an order that was sent and of which nothing is known is a 503 that says so, with the order's id", async () => {
  const deaf = platform.world.nats.subscribe(PlaceOrder.subject, { queue: "orders" });
  // Only once the server knows it, the order is sent and not turned away.
  await platform.world.nats.flush();
  const answer = await place({ Prefer: "wait=0" });
  deaf.unsubscribe();
  expect([answer.status, answer.body.code]).toEqual([503, "outcome_unknown"]);
  expect(answer.body.order_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get("retry-after")).toBe("2");
}, 20_000);

test("in doubt, an order that its service knows is a 202", async () => {
  const deaf = platform.world.nats.subscribe(PlaceOrder.subject, { queue: "orders" });
  const known = platform.world.nats.subscribe(GetOrder.subject, {
    queue: "orders",
    callback: (_error, message) => message.respond(JSON.stringify(exampleOf(GetOrder).answer)),
  });
  await platform.world.nats.flush();
  const answer = await place({ Prefer: "wait=0" });
  deaf.unsubscribe();
  known.unsubscribe();
  expect([answer.status, answer.body.status]).toEqual([202, "PLACING"]);
  expect(answer.headers.get("location")).toBe(`/orders/${answer.body.id}`);
}, 20_000);

describe("registration and login", () => {
  const opened: Command<typeof OpenCustomer>[] = [];
  const customerId = "019a2b3c-0000-7000-8000-0000000000c9";
  const userId = "019a2b3c-0000-7000-8000-0000000000a9";
  const registered: Command<typeof RegisterUser>[] = [];
  const logins: string[] = [];
  const tokens = { accessToken: "a", tokenType: "bearer", expiresIn: 3_600, refreshToken: "r" } as const;

  beforeAll(async () => {
    await platform.serve(
      "identity",
      handle(RegisterUser, async (tx, commands) =>
        commands.map((command) => {
          tx.afterCommit(() => registered.push(command));
          if (command.ask.email === "taken@example.com") return refuse("email_taken");
          if (command.ask.role !== "CUSTOMER" && command.meta.actor.role !== "ADMIN")
            return refuse("forbidden");
          return done({ id: userId, email: command.ask.email, role: "CUSTOMER", customerId });
        }),
      ),
      handle(LogIn, async (_tx, commands) =>
        commands.map(({ ask }) => {
          logins.push(ask.login);
          if (ask.password === "slow down") return refuse("too_many_attempts", { retryAfterMs: 30_000 });
          return ask.password === "right" ? done(tokens) : refuse("invalid_credentials");
        }),
      ),
      handle(RefreshToken, async (_tx, commands) =>
        commands.map(({ ask }) =>
          ask.refreshToken === "r" ? done(tokens) : refuse("invalid_refresh_token"),
        ),
      ),
    );
  });

  const post = (path: string, sent: unknown, headers: Record<string, string> = {}) =>
    platform.ask("POST", path, { body: sent, headers });

  test("a registration is a 201 even while orders is away", async () => {
    const answer = await post("/auth/register", { email: " New@Example.com ", password: "correct horse" });
    expect([answer.status, answer.body]).toEqual([
      201,
      { id: userId, email: "new@example.com", role: "CUSTOMER", customer_id: customerId },
    ]);
    expect(registered.at(-1)?.meta.actor).toEqual({ kind: "anonymous", id: "anonymous", ip: "127.0.0.1" });
  });

  test("a registration opens the customer's account at orders, in the name of the new user", async () => {
    await platform.serve(
      "orders",
      handle(OpenCustomer, async (tx, commands) =>
        commands.map((command) => {
          tx.afterCommit(() => opened.push(command));
          return done(exampleOf(OpenCustomer).answer as never);
        }),
      ),
    );
    await eventually(
      async () => {
        await post("/auth/register", { email: "b@example.com", password: "correct horse" });
        return opened.length > 0;
      },
      { withinMs: 5_000 },
    );
    expect(opened[0]?.ask).toEqual({ id: customerId, name: "b@example.com", email: "b@example.com" });
    expect(opened[0]?.meta.actor).toEqual({
      kind: "user",
      id: userId,
      name: "b@example.com",
      role: "CUSTOMER",
      customerId,
      ip: "127.0.0.1",
    });
  });

  test("a taken email is a 409, another role without an administrator a 403", async () => {
    expect(
      (await post("/auth/register", { email: "taken@example.com", password: "correct horse" })).status,
    ).toBe(409);
    const manager = { email: "m@example.com", password: "correct horse", role: "MANAGER" };
    expect((await post("/auth/register", manager)).status).toBe(403);
    const authorization = `Bearer ${tokenFor(admin, platform.key)}`;
    expect((await post("/auth/register", manager, { authorization })).status).toBe(201);
    expect((await post("/auth/register", manager, { authorization: "Bearer forged" })).status).toBe(401);
  });

  test("an Idempotency-Key of somebody unknown is scoped to the address, and its row holds no password", async () => {
    const headers = { "Idempotency-Key": "reg-1" };
    const sent = { email: "k@example.com", password: "correct horse" };
    const before = registered.length;
    expect((await post("/auth/register", sent, headers)).status).toBe(201);
    expect((await post("/auth/register", sent, headers)).status).toBe(201);
    expect(registered).toHaveLength(before + 1);
    expect((await post("/auth/register", { ...sent, email: "l@example.com" }, headers)).status).toBe(422);
    const rows = await platform.world.sql(
      "select actor, route, key from gateway.idempotency_keys where key = 'reg-1'",
    );
    expect(rows).toEqual([{ actor: "ip:127.0.0.1", route: "POST /auth/register", key: "reg-1" }]);
  });

  test("login takes an email or a username, and old names are answered at the alias", async () => {
    const answer = await post("/auth/login", { email: "b@example.com", password: "right" });
    expect([answer.status, answer.body]).toEqual([
      200,
      { access_token: "a", token_type: "bearer", expires_in: 3_600, refresh_token: "r" },
    ]);
    const alias = await post("/api/token", { username: "bob", password: "right" });
    expect(alias.body).toMatchObject({ access_token: "a", access: "a", refresh: "r" });
    expect(logins.slice(-2)).toEqual(["b@example.com", "bob"]);
    expect((await post("/api/token/refresh", { refresh: "r" })).body.access).toBe("a");
    expect((await post("/auth/refresh", { refresh_token: "x" })).status).toBe(401);
    expect((await post("/auth/login", { email: "b", username: "b", password: "right" })).status).toBe(400);
    expect((await post("/auth/login", { password: "right" })).body.detail).toBe(
      "email or username is required, and only one of them.",
    );
  });

  test("a wrong password is a 401, too many of them a 429 that says when to come back", async () => {
    expect((await post("/auth/login", { email: "b", password: "wrong" })).body.code).toBe(
      "invalid_credentials",
    );
    const answer = await post("/auth/login", { email: "b", password: "slow down" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "30"]);
  });

  test("an old token in the header does not stand in the way of a login", async () => {
    const answer = await post(
      "/auth/login",
      { email: "b", password: "right" },
      { authorization: "Bearer old" },
    );
    expect(answer.status).toBe(200);
  });

  test("a command that is never answered is a 503 after the wait, for its sender to repeat", async () => {
    const deaf = platform.world.nats.subscribe(CreateLocation.subject, { queue: "inventory" });
    const answer = await platform.ask("POST", "/locations", {
      token: tokenFor(admin, platform.key),
      body: { code: "A", name: "A", type: "DEPOT" },
    });
    deaf.unsubscribe();
    expect([answer.status, answer.body.code]).toEqual([503, "outcome_unknown"]);
  }, 30_000);
});

test("with NATS gone everything is a 503, the gateway lives on, and serves again when NATS is back", async () => {
  await platform.world.killNats();
  await eventually(async () => (await platform.ask("GET", "/health/ready")).status === 503, {
    withinMs: 5_000,
  });
  expect((await platform.ask("GET", "/products", { token })).status).toBe(503);
  expect((await place({ Prefer: "wait=1" })).status).toBe(503);
  expect((await platform.ask("GET", "/health/live")).status).toBe(200);
  await platform.world.restartNats();
  await eventually(async () => (await platform.ask("GET", "/products", { token })).status === 200, {
    withinMs: 10_000,
  });
}, 40_000);

test("a gateway that stops finishes what is under way", async () => {
  const other = await openPlatform();
  let decide = () => {};
  let taken = false;
  await other.serve(
    "orders",
    handle(PlaceOrder, async (_tx, commands) => {
      await new Promise<void>((resolve) => {
        decide = resolve;
        taken = true;
      });
      return commands.map(() => done(exampleOf(PlaceOrder).answer as never));
    }),
  );
  const sent = other.ask("POST", "/orders", { token: tokenFor(buyer, other.key), body });
  await eventually(async () => taken, { withinMs: 5_000 });
  const stopped = other.gateway.stop();
  const refused = () =>
    other.ask("GET", "/health/live").then(
      () => false,
      () => true,
    );
  await eventually(refused, { withinMs: 5_000 });
  decide();
  expect((await sent).status).toBe(201);
  await stopped;
  await other.close();
}, 60_000);
