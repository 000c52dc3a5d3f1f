import { createPublicKey } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  GetJwks,
  LogIn,
  LogOut,
  RefreshToken,
  RegisterUser,
  tokenAudience,
  tokenIssuer,
} from "@quartermaster/contracts";
import { eventually, silentLog } from "@quartermaster/testkit";
import jwt from "jsonwebtoken";
import { addKeyFile } from "../src/secrets/key-files";
import { openSigningKeys } from "../src/secrets/signing-keys";
import { adminLogin, type IdentityWorld, openIdentity, saidEvents } from "./identity-world";

let identity: IdentityWorld;
beforeAll(async () => {
  identity = await openIdentity();
});
afterAll(() => identity.close());

const password = "correct horse battery";
const refusal = (code: string) => expect.objectContaining({ refusal: expect.objectContaining({ code }) });
const refresh = (refreshToken: string) => identity.ask(RefreshToken, { refreshToken });
const invalid = refusal("invalid_refresh_token");

async function newUser(name: string) {
  const user = await identity.get(RegisterUser, { email: `${name}@shop.test`, password, username: name });
  const tokens = await identity.get(LogIn, { login: name, password });
  return { ...user, ...tokens };
}

/** As if the token had been exchanged long ago. */
async function forgetGrace() {
  await identity.world.sql("update identity.refresh_tokens set used_at = used_at - interval '1 minute'");
}

test("a login answers a token that the published key verifies, with the user's claims", async () => {
  const user = await newUser("claims");
  expect(user).toMatchObject({
    tokenType: "bearer",
    expiresIn: 3600,
    refreshToken: expect.stringMatching(/^[\w-]{43}$/),
  });
  const { keys } = await identity.get(GetJwks, {});
  const { header } = jwt.decode(user.accessToken, { complete: true }) ?? {};
  expect(header).toEqual({ alg: "ES256", typ: "at+jwt", kid: keys[0]?.kid });
  const key = createPublicKey({ key: keys[0] as never, format: "jwk" });
  const claims = jwt.verify(user.accessToken, key, {
    algorithms: ["ES256"],
    issuer: tokenIssuer,
    audience: tokenAudience,
  }) as jwt.JwtPayload;
  expect(claims).toEqual({
    sub: user.id,
    name: "claims",
    role: "CUSTOMER",
    customerId: user.customerId,
    epoch: 0,
    iss: tokenIssuer,
    aud: tokenAudience,
    iat: expect.any(Number),
    exp: (claims.iat ?? 0) + 3600,
  });
});

test("an administrator logs in by email in any case; its token names no customer", async () => {
  const { accessToken } = await identity.get(LogIn, { ...adminLogin, login: adminLogin.login.toUpperCase() });
  expect(jwt.decode(accessToken)).not.toHaveProperty("customerId");
});

test("a wrong password, nobody, and a suspended or deleted user get one and the same answer", async () => {
  await newUser("suspended");
  await newUser("deleted");
  await newUser("right");
  await identity.world.sql("update identity.users set status = 'SUSPENDED' where username = 'suspended'");
  await identity.world.sql("update identity.users set deleted_at = now() where username = 'deleted'");
  const answers = await Promise.all([
    identity.ask(LogIn, { login: "right", password: "wrong password" }),
    identity.ask(LogIn, { login: "nobody", password }),
    identity.ask(LogIn, { login: "suspended", password }),
    identity.ask(LogIn, { login: "deleted", password }),
    identity.ask(LogIn, { login: "' or 1=1 --", password }),
    identity.ask(LogIn, { login: "%", password }),
  ]);
  expect(answers).toEqual(answers.map(() => refusal("invalid_credentials")));
  expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
});

test("ten wrong guesses make a login wait, from that address only, and the right password too", async () => {
  await newUser("guessed");
  const guesses = [];
  for (let n = 0; n < 10; n++)
    guesses.push(await identity.ask(LogIn, { login: "guessed", password: `guess ${n}` }));
  expect(guesses).toEqual(guesses.map(() => refusal("invalid_credentials")));
  expect(await identity.ask(LogIn, { login: "Guessed", password })).toMatchObject({
    refusal: { code: "too_many_attempts", details: { retryAfterSeconds: expect.any(Number) } },
  });
  const elsewhere = { kind: "anonymous", id: "anonymous", ip: "198.51.100.7" } as const;
  expect(await identity.ask(LogIn, { login: "guessed", password }, elsewhere)).toHaveProperty("answer");
});

test("fifty right logins of one user at once are fifty sessions", async () => {
  await newUser("busy");
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => identity.get(LogIn, { login: "busy", password })),
  );
  expect(new Set(answers.map((one) => one.refreshToken)).size).toBe(50);
});

test("a refresh token is exchanged for the next one, again and again", async () => {
  let { refreshToken } = await newUser("rotating");
  for (let n = 0; n < 3; n++) {
    const next = await identity.get(RefreshToken, { refreshToken });
    expect(next.refreshToken).not.toBe(refreshToken);
    expect(jwt.decode(next.accessToken)).toMatchObject({ name: "rotating" });
    refreshToken = next.refreshToken;
  }
});

test("an honest race of one token gets one successor, and logs nobody out", async () => {
  const { refreshToken } = await newUser("racing");
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => identity.get(RefreshToken, { refreshToken })),
  );
  const [successor, ...others] = new Set(answers.map((one) => one.refreshToken));
  expect(others).toEqual([]);
  expect(await refresh(successor as string)).toHaveProperty("answer");
});

test("who comes late within the grace gets the token that is unused by now", async () => {
  const { refreshToken: first } = await newUser("late");
  const second = await identity.get(RefreshToken, { refreshToken: first });
  const third = await identity.get(RefreshToken, { refreshToken: second.refreshToken });
  expect((await identity.get(RefreshToken, { refreshToken: first })).refreshToken).toBe(third.refreshToken);
});

test("the reuse of an old token ends its whole family, once, and is said", async () => {
  const { id, email, refreshToken: old } = await newUser("robbed");
  const { refreshToken: young } = await identity.get(RefreshToken, { refreshToken: old });
  const elsewhere = await identity.get(LogIn, { login: "robbed", password });
  await forgetGrace();
  expect(await refresh(old)).toEqual(invalid);
  expect(await refresh(young)).toEqual(invalid);
  expect(await refresh(old)).toEqual(invalid);
  expect(await refresh(elsewhere.refreshToken)).toHaveProperty("answer");
  const said = (await saidEvents(identity.world)).filter(
    ({ subject }) => subject === "evt.identity.token-reused.v1",
  );
  expect(said).toMatchObject([{ body: { entityId: id, version: 1, old: null, new: { email } } }]);
});

test("logout ends the family by any of its tokens, and may be repeated", async () => {
  const { id, refreshToken: old } = await newUser("leaving");
  const { refreshToken: young } = await identity.get(RefreshToken, { refreshToken: old });
  const answers = await Promise.all([
    identity.get(LogOut, { refreshToken: young }),
    identity.get(LogOut, { refreshToken: old }),
    identity.get(LogOut, { refreshToken: "unknown" }),
  ]);
  expect(answers).toEqual([{}, {}, {}]);
  expect(await refresh(young)).toEqual(invalid);
  const said = (await saidEvents(identity.world)).filter(
    ({ subject }) => subject === "evt.identity.user-logged-out.v1",
  );
  expect(said).toMatchObject([{ body: { entityId: id } }]);
});

test.each([["status = 'SUSPENDED'"], ["deleted_at = now()"], ["token_epoch = token_epoch + 1"]])(
  "a user with %s refreshes no more",
  async (change) => {
    const { id, refreshToken } = await newUser(`ended-${change.slice(0, 6)}`);
    await identity.world.sql(`update identity.users set ${change} where id = $1`, [id]);
    expect(await refresh(refreshToken)).toEqual(invalid);
  },
);

test("a token expires after a day, and its session after thirty", async () => {
  const one = await newUser("day");
  const two = await newUser("month");
  const [row] = await identity.world.sql<{ tokens: number; sessions: number }>(
    `select extract(epoch from max(expires_at - issued_at))::int as tokens,
       (select extract(epoch from max(ends_at - started_at))::int from identity.sessions) as sessions
     from identity.refresh_tokens where used_at is null`,
  );
  expect(row).toEqual({ tokens: 86_400, sessions: 30 * 86_400 });
  const of = "session_id in (select id from identity.sessions where user_id = $1)";
  await identity.world.sql(`update identity.refresh_tokens set expires_at = now() where ${of}`, [one.id]);
  await identity.world.sql("update identity.sessions set ends_at = now() where user_id = $1", [two.id]);
  expect(await Promise.all([refresh(one.refreshToken), refresh(two.refreshToken)])).toEqual([
    invalid,
    invalid,
  ]);
});

test("neither passwords nor tokens lie in any table", async () => {
  const { accessToken, refreshToken } = await newUser("secretive");
  await identity.get(RefreshToken, { refreshToken });
  const tables = await identity.world.sql<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'identity'",
  );
  for (const { name } of tables) {
    for (const secret of [password, accessToken, refreshToken]) {
      const rows = await identity.world.sql(
        `select 1 from identity.${name} t where position($1 in t::text) > 0`,
        [secret],
      );
      expect([name, rows]).toEqual([name, []]);
    }
  }
});

test("the first key is a file that its owner alone reads; instances share it", async () => {
  const files = await readdir(identity.keysFolder);
  expect(files).toEqual(["key-0001.pem"]);
  expect((await stat(join(identity.keysFolder, "key-0001.pem"))).mode & 0o777).toBe(0o600);
  const own = await identity.get(GetJwks, {});
  expect(own.keys).toHaveLength(1);
  // Asked by itself, not over NATS, where either instance could answer.
  const beside = await openSigningKeys(identity.keysFolder, silentLog);
  beside.stop();
  expect(beside.published()).toEqual(own.keys);
  const elsewhere = await openIdentity();
  const others = await elsewhere.get(GetJwks, {});
  await elsewhere.close();
  expect(others.keys[0]?.kid).not.toBe(own.keys[0]?.kid);
});

test("a second key is published before it signs, so that no gateway meets one it cannot ask for", async () => {
  const before = await identity.get(GetJwks, {});
  await addKeyFile(identity.keysFolder);
  expect(await readdir(identity.keysFolder)).toEqual(["key-0001.pem", "key-0002.pem"]);
  // As an instance that starts now sees it.
  const fresh = await openSigningKeys(identity.keysFolder, silentLog);
  fresh.stop();
  expect(fresh.published()).toEqual([expect.any(Object), before.keys[0]]);
  expect(fresh.current().kid).toBe(before.keys[0]?.kid);
  // The instance that runs reads the folder again by itself.
  const published = () => identity.get(GetJwks, {});
  await eventually(async () => (await published()).keys.length === 2, { withinMs: 10_000 });
  expect((await published()).keys).toEqual(fresh.published());
  const { accessToken } = await identity.get(LogIn, adminLogin);
  expect(jwt.decode(accessToken, { complete: true })?.header.kid).toBe(before.keys[0]?.kid);
}, 20_000);
