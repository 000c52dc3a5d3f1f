import { createHmac, generateKeyPairSync } from "node:crypto";
import {
  type AnswerOf,
  GetOrder,
  GetProduct,
  GetUser,
  ListBatches,
  ListProducts,
  type Product,
} from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import jwt from "jsonwebtoken";
import type { z } from "zod";
import { exampleOf } from "../src/openapi/examples";
import { admin, buyer, openPlatform, type Platform, sales, viewer } from "./support/platform";
import { signingKey, tokenFor } from "./support/signing";

let platform: Platform;
const product = { ...(exampleOf(GetProduct).answer as z.infer<typeof Product>), id: 1, priceMinor: 15_000 };
const [example] = (exampleOf(ListBatches).answer as AnswerOf<typeof ListBatches>).data;
const batch = { ...(example as NonNullable<typeof example>), unitCostE4: 914_250 };

beforeAll(async () => {
  platform = await openPlatform({ PUBLIC_CATALOG: "true" });
  await platform.serve(
    "inventory",
    reply(ListProducts, async () => ({ data: [product], next: null })),
    reply(GetProduct, async (_db, ask) => ({ ...product, id: ask.id })),
    reply(ListBatches, async () => ({ data: [batch], next: null })),
  );
  await platform.serve(
    "orders",
    reply(GetOrder, async () => refuse("forbidden")),
  );
  await platform.serve(
    "identity",
    reply(
      GetUser,
      async (_db, ask) => ({ ...(exampleOf(GetUser).answer as never as object), id: ask.id }) as never,
    ),
  );
}, 60_000);

afterAll(() => platform?.close());

const read = (token?: string, path = "/me") => platform.ask("GET", path, token ? { token } : {});

test("a good token is let in, again and again", async () => {
  const token = tokenFor(admin, platform.key);
  for (let n = 0; n < 3; n += 1) expect((await read(token)).status).toBe(200);
  expect((await read(token)).body.id).toBe(admin.sub);
});

test("without a token a request is a 401 that says how to get one", async () => {
  const answer = await read();
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="quartermaster"');
  expect(answer.body).toMatchObject({
    code: "not_authenticated",
    detail: expect.stringContaining("/auth/login"),
  });
});

const stranger = signingKey("key-1");
const unsigned = (header: object, claims: object = {}) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ typ: "at+jwt", kid: "key-1", ...header })}.${part({ iss: "quartermaster", aud: "quartermaster-api", sub: admin.sub, name: "a", role: "ADMIN", epoch: 0, exp: 9_999_999_999, ...claims })}`;
};
/** The classic swap: the public key, which everybody has, as the secret of a symmetric signature. */
const swapped = () => {
  const text = unsigned({ alg: "HS256" });
  return `${text}.${createHmac("sha256", JSON.stringify(platform.key.jwk)).update(text).digest("base64url")}`;
};
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });

const hostile: [string, () => string][] = [
  ["no signature (alg none)", () => `${unsigned({ alg: "none" })}.`],
  ["alg None in another case", () => `${unsigned({ alg: "NoNe" })}.`],
  ["ES256 with an empty signature", () => `${unsigned({ alg: "ES256" })}.`],
  ["a signature of zeros", () => `${unsigned({ alg: "ES256" })}.${Buffer.alloc(64).toString("base64url")}`],
  ["the public key as an HMAC secret", swapped],
  [
    "RS256 of a stranger",
    () => jwt.sign({ sub: admin.sub }, rsa.privateKey, { algorithm: "RS256", keyid: "key-1" }),
  ],
  ["another key under our kid", () => tokenFor(admin, stranger)],
  ["an unknown kid", () => tokenFor(admin, signingKey("key-9"))],
  ["a kid that is a path", () => tokenFor(admin, platform.key, { header: { kid: "../../etc/passwd" } })],
  ["no kid", () => tokenFor(admin, platform.key, { header: { kid: undefined } })],
  ["its own key in the header", () => tokenFor(admin, stranger, { header: { jwk: stranger.jwk } as never })],
  ["the wrong issuer", () => tokenFor(admin, platform.key, { options: { issuer: "evil" } })],
  ["the wrong audience", () => tokenFor(admin, platform.key, { options: { audience: "other" } })],
  ["the wrong type", () => tokenFor(admin, platform.key, { header: { typ: "JWT" } })],
  ["one that has expired", () => tokenFor(admin, platform.key, { options: { expiresIn: -60 } })],
  ["a life of a day", () => tokenFor(admin, platform.key, { options: { expiresIn: 86_400 } })],
  ["no time of issue", () => tokenFor(admin, platform.key, { options: { noTimestamp: true } })],
  ["one that is not valid yet", () => tokenFor(admin, platform.key, { options: { notBefore: 600 } })],
  ["a role that there is not", () => tokenFor(admin, platform.key, { claims: { role: "ROOT" } })],
  ["no epoch", () => tokenFor(admin, platform.key, { claims: { epoch: undefined } })],
  ["a subject that is no id", () => tokenFor(admin, platform.key, { claims: { sub: "admin" } })],
  [
    "claims changed after signing",
    () => tokenFor(viewer, platform.key).replace(/\.[^.]+\./, `.${unsigned({}).split(".")[1]}.`),
  ],
  ["a token cut short", () => tokenFor(admin, platform.key).slice(0, -4)],
  ["something that is no token", () => "not-a-token"],
  ["a token of 10,000 characters", () => "a".repeat(10_000)],
];

test.each(hostile)("a token with %s is a 401", async (_what, token) => {
  const answer = await read(token());
  expect([answer.status, answer.body.code]).toEqual([401, "invalid_token"]);
  expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
});

test.each(["Basic YTpi", "Bearer", "Bearer a b", "bearer"])(
  "the header %j is a 401",
  async (authorization) => {
    const answer = await platform.ask("GET", "/me", { headers: { authorization } });
    expect(answer.status).toBe(401);
  },
);

test("a token that expires while it is remembered is a 401 from then on", async () => {
  // The verifier forgives five seconds of clock difference, so this one is taken at first.
  const token = tokenFor(admin, platform.key, { options: { expiresIn: -2 } });
  expect((await read(token)).status).toBe(200);
  await eventually(async () => (await read(token)).status === 401, { withinMs: 8_000 });
}, 15_000);

test("a new key of identity is found by its first token", async () => {
  const next = signingKey("key-2");
  platform.keys.unshift(next);
  await eventually(async () => (await read(tokenFor(admin, next))).status === 200, { withinMs: 8_000 });
  expect((await read(tokenFor(admin, platform.key))).status).toBe(200);
  expect((await read(undefined, "/.well-known/jwks.json")).body).toEqual({
    keys: [next.jwk, platform.key.jwk],
  });
}, 15_000);

test("a token that was let in is a 401 once its key is withdrawn", async () => {
  const leaked = signingKey("key-3");
  platform.keys.push(leaked);
  const token = tokenFor(admin, leaked);
  await eventually(async () => (await read(token)).status === 200, { withinMs: 8_000 });
  platform.keys.pop();
  // A key that nobody knows makes the gateway read the set again.
  await eventually(
    async () => {
      await read(tokenFor(admin, signingKey("key-4")));
      return (await read(token)).status === 401;
    },
    { withinMs: 8_000 },
  );
}, 20_000);

test("a role without the permission is a 403 that names both", async () => {
  const token = tokenFor(viewer, platform.key);
  const answer = await platform.ask("POST", "/products", { token, body: { sku: "A", name: "B", price: 1 } });
  expect([answer.status, answer.body.code]).toEqual([403, "no_permission"]);
  expect(answer.body.detail).toBe(
    "The role VIEWER lacks the permission products:write that POST /products needs.",
  );
  for (const role of [viewer, sales, buyer])
    expect((await read(tokenFor(role, platform.key), "/roles")).status).toBe(403);
});

test("a customer login without an account may not act on what is its own", async () => {
  const answer = await read(tokenFor({ sub: buyer.sub, role: "CUSTOMER" }, platform.key), "/orders");
  expect([answer.status, answer.body.detail]).toEqual([403, "This user belongs to no customer account."]);
});

test("somebody else's order is a 403, as its service says", async () => {
  const answer = await read(tokenFor(buyer, platform.key), `/orders/${admin.sub}`);
  expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
});

test("under PUBLIC_CATALOG the catalogue is open, the rest is not, and a bad token is still refused", async () => {
  expect((await read(undefined, "/products")).body).toMatchObject({
    data: [{ id: 1, price: 150 }],
    next: null,
  });
  expect((await read(undefined, "/products/1")).status).toBe(200);
  expect((await read(undefined, "/products/1/price-history")).status).toBe(401);
  expect((await read(undefined, "/stock")).status).toBe(401);
  expect((await read(undefined, "/locations")).status).toBe(401);
  expect((await read("nonsense", "/products")).status).toBe(401);
});

test("who wrote a product is shown to staff, not to customers or the public", async () => {
  const writer = async (token?: string) => (await read(token, "/products")).body.data[0].created_by;
  expect(await writer(tokenFor(viewer, platform.key))).toBe(product.createdBy);
  expect(product.createdBy).toMatch(/./);
  expect(await writer(tokenFor(buyer, platform.key))).toBeNull();
  expect(await writer()).toBeNull();
  expect((await read(undefined, "/products/1")).body).toMatchObject({ created_by: null, updated_by: null });
});

test("costs are shown to the roles that may read them only", async () => {
  const costsOf = async (token: string) => (await read(token, "/batches")).body.data[0].unit_cost;
  expect(await costsOf(tokenFor(viewer, platform.key))).toBe(91.425);
  expect(await costsOf(tokenFor(sales, platform.key))).toBeNull();
  expect(await costsOf(tokenFor(buyer, platform.key))).toBeNull();
});
