import { createHmac, generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";
import { type Asking, asProblem, problem } from "./support/api";
import { type Buyer, type Journey, openJourney } from "./support/journey";

let journey: Journey;
let buyer: Buyer;
let product: number;
beforeAll(async () => {
  journey = await openJourney();
  buyer = await journey.newBuyer();
  product = await journey.newProduct({ stock_quantity: 100 });
});
afterAll(() => journey.close());

const order = (asking: Asking) => journey.ask("POST", "/orders", { as: buyer.token, ...asking });
const line = () => ({ items: [{ product_id: product, quantity: 1 }] });

describe("a forged token is 401:", () => {
  const attacker = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const claims = () => ({ ...(jwt.decode(buyer.token) as jwt.JwtPayload), role: "ADMIN" });
  const kid = () => jwt.decode(buyer.token, { complete: true })?.header.kid ?? "";
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (header: object) =>
    jwt.sign(claims(), attacker, {
      algorithm: "ES256",
      header: { alg: "ES256", typ: "at+jwt", kid: kid(), ...header },
    });

  test.each<[string, () => string | Promise<string>]>([
    ["nonsense", () => "nonsense"],
    ["three dots", () => "..."],
    ["no signature", () => `${part({ alg: "none", typ: "at+jwt" })}.${part(claims())}.`],
    ["none in capitals", () => `${part({ alg: "NONE", typ: "at+jwt", kid: kid() })}.${part(claims())}.`],
    ["another key under our kid", () => signed({})],
    ["another key and kid", () => signed({ kid: "mine" })],
    ["a kid that is a path", () => signed({ kid: "../../etc/passwd" })],
    ["its own key in the header", () => signed({ jwk: attacker.export({ format: "jwk" }) })],
    ["another type", () => signed({ typ: "JWT" })],
    [
      "changed claims under the old signature",
      () => [buyer.token.split(".")[0], part(claims()), buyer.token.split(".")[2]].join("."),
    ],
    [
      "the public key as a secret of HS256",
      async () => {
        const { body } = await journey.ask("GET", "/.well-known/jwks.json");
        const head = `${part({ alg: "HS256", typ: "at+jwt", kid: kid() })}.${part(claims())}`;
        return `${head}.${createHmac("sha256", JSON.stringify(body.keys[0])).update(head).digest("base64url")}`;
      },
    ],
    [
      "a signature of zeros (CVE-2022-21449)",
      () => `${buyer.token.split(".").slice(0, 2).join(".")}.${Buffer.alloc(64).toString("base64url")}`,
    ],
    ["ten kilobytes", () => "x".repeat(10_000)],
  ])("%s", async (_what, forge) => {
    const answer = await journey.ask("GET", "/orders", { as: await forge() });
    expect(asProblem(answer)).toEqual(problem(401, "invalid_token"));
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  test("none at all, and another scheme", async () => {
    expect(asProblem(await journey.ask("GET", "/orders"))).toEqual(problem(401, "not_authenticated"));
    const headers = { authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}` };
    expect(asProblem(await journey.ask("GET", "/orders", { headers }))).toMatchObject({ status: 401 });
  });
});

test("somebody else's order is 403, to read, to follow and to cancel; and it stays as it is", async () => {
  const { ask, newBuyer } = journey;
  const stranger = await newBuyer();
  const { body } = await order({ body: line() });
  const path = `/orders/${body.id}`;
  for (const [method, at] of [
    ["GET", path],
    ["GET", `${path}/timeline`],
    ["POST", `${path}/cancel`],
    ["DELETE", path],
  ] as const) {
    const asking = { as: stranger.token, ...(method === "POST" ? { body: {} } : {}) };
    expect([method, at, asProblem(await ask(method, at, asking))]).toEqual([
      method,
      at,
      problem(403, "forbidden"),
    ]);
  }
  expect(await ask("GET", path, { as: buyer.token })).toMatchObject({
    status: 200,
    body: { status: "PENDING" },
  });
  const mine = await ask("GET", `/orders?customer_id=${buyer.customerId}`, { as: stranger.token });
  expect([mine.status, mine.body.data]).toEqual([200, []]);
  const invoices = await ask("GET", `/invoices?order_id=${body.id}`, { as: stranger.token });
  expect([invoices.status, invoices.body.data]).toEqual([200, []]);
});

test("a customer orders for itself only, and does nothing that is staff's", async () => {
  const { ask, newBuyer } = journey;
  const other = await newBuyer();
  const foreign = await order({ body: { ...line(), customer_id: other.customerId } });
  expect(asProblem(foreign)).toEqual(problem(403, "forbidden"));
  for (const [method, path, body] of [
    ["POST", "/products", { name: "x", sku: "x", price: 1 }],
    ["PATCH", `/products/${product}`, { price: 0 }],
    ["PATCH", `/customers/${buyer.customerId}`, { credit_limit: 1e6 }],
    ["POST", "/locations", { code: "X", name: "X", type: "DEPOT" }],
    ["GET", "/audit", undefined],
    ["GET", "/audit/verify", undefined],
    ["GET", "/roles", undefined],
  ] as const) {
    const answer = await ask(method, path, { as: buyer.token, body });
    expect([path, asProblem(answer)]).toEqual([path, problem(403, /\S/)]);
  }
});
