import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import {
  allContracts,
  ChangeProduct,
  CreateProduct,
  GetProduct,
  ListBatches,
  ListMovements,
  ListPriceHistory,
  ListProducts,
  type Product,
} from "@quartermaster/contracts";
import { type Command, done, handle, refuse, reply } from "@quartermaster/messaging";
import type { z } from "zod";
import { exampleOf } from "../src/openapi/examples";
import { admin, openPlatform, type Platform } from "./support/platform";
import { tokenFor } from "./support/signing";

let platform: Platform;
let token: string;
const created: Command<typeof CreateProduct>[] = [];
const product = { ...(exampleOf(GetProduct).answer as z.infer<typeof Product>), id: 1, priceMinor: 15_000 };

beforeAll(async () => {
  platform = await openPlatform({ CORS_ORIGINS: "https://shop.example" });
  token = tokenFor(admin, platform.key);
  await platform.serve(
    "inventory",
    handle(CreateProduct, async (tx, commands) =>
      commands.map((command) => {
        tx.afterCommit(() => created.push(command));
        return command.ask.sku === "TAKEN"
          ? refuse("sku_taken", { sku: "TAKEN" })
          : done({ ...product, ...command.ask });
      }),
    ),
    handle(ChangeProduct, async (_tx, commands) =>
      commands.map(({ ask }) => {
        if (ask.stockQuantity !== undefined) return refuse("use_adjustment");
        if (ask.expectedVersion !== undefined && ask.expectedVersion !== 3)
          return refuse("version_conflict", { version: 3 });
        return done({ ...product, version: 4 });
      }),
    ),
    reply(ListProducts, async (_db, ask) =>
      ask.q === "boom"
        ? Promise.reject(new Error("a bug with a secret in it"))
        : { data: [], next: ask.q ?? null },
    ),
    reply(GetProduct, async (_db, ask) => (ask.id === 1 ? product : refuse("not_found"))),
    reply(ListMovements, async () => ({ data: [], next: null })),
    reply(ListBatches, async () => ({ data: [], next: null })),
    reply(ListPriceHistory, async (_db, ask) => ({ data: [], next: String(ask.productId) })),
  );
}, 60_000);

afterAll(() => platform?.close());

const good = { sku: "A", name: "Widget", price: 1 };
const create = (raw: string | Buffer, headers: Record<string, string> = {}) =>
  platform.ask("POST", "/products", { token, raw, headers });
const change = (body: unknown, headers: Record<string, string> = {}) =>
  platform.ask("PATCH", "/products/1", { token, body, headers });

test("what was created is answered 201 with its address", async () => {
  const answer = await create(JSON.stringify(good));
  expect([answer.status, answer.headers.get("location"), answer.headers.get("etag")]).toEqual([
    201,
    "/products/1",
    '"1"',
  ]);
});

const deep = `${'{"a":'.repeat(50_000 / 6)}1${"}".repeat(50_000 / 6)}`;
const hostile: [string, string | Buffer, number, string][] = [
  ["no JSON at all", "hello", 400, "malformed_json"],
  ["JSON cut short", '{"sku":', 400, "malformed_json"],
  ["a list", "[]", 400, "invalid_input"],
  ["null", "null", 400, "invalid_input"],
  ["a number", "5", 400, "invalid_input"],
  ["NaN", '{"sku":"A","name":"B","price":NaN}', 400, "malformed_json"],
  ["an amount beyond doubles", '{"sku":"A","name":"B","price":1e999}', 400, "invalid_input"],
  ["a negative price", '{"sku":"A","name":"B","price":-1}', 400, "invalid_input"],
  ["three decimal places", '{"sku":"A","name":"B","price":1.005}', 400, "invalid_input"],
  ["a huge stock", '{"sku":"A","name":"B","price":1,"stock_quantity":1e15}', 400, "invalid_input"],
  ["a list nested 50,000 deep", `{"sku":${"[".repeat(40_000)}${"]".repeat(40_000)}}`, 400, "invalid_input"],
  ["objects nested 8,000 deep with an escape", deep.replace("1", '"\\u0041"'), 400, "invalid_input"],
  ["a NUL in a text", '{"sku":"A\\u0000","name":"B","price":1}', 400, "invalid_input"],
  ["half of a surrogate pair", '{"sku":"A","name":"\\ud800","price":1}', 400, "invalid_input"],
  [
    "__proto__ as a field",
    '{"sku":"A","name":"B","price":1,"__proto__":{"admin":true}}',
    400,
    "invalid_input",
  ],
  ["a field that nobody knows", '{"sku":"A","name":"B","price":1,"is_admin":true}', 400, "invalid_input"],
  ["camelCase names", '{"sku":"A","name":"B","priceMinor":100}', 400, "invalid_input"],
  ["only spaces as a name", '{"sku":"A","name":"   ","price":1}', 400, "invalid_input"],
  ["bytes that are no UTF-8 and no JSON", Buffer.from([0xff, 0xfe, 0x00]), 400, "malformed_json"],
  ["101 kB", JSON.stringify({ ...good, description: "x".repeat(101_000) }), 413, "body_too_large"],
  ["10 MB", JSON.stringify({ ...good, description: "x".repeat(10_000_000) }), 413, "body_too_large"],
];

test.each(hostile)("a body with %s is refused", async (_what, raw, status, code) => {
  const before = created.length;
  const answer = await create(raw);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(answer.body.detail).toMatch(/\w+ .*\.|more\)$/s);
  expect(created).toHaveLength(before);
});

test("a field given twice counts as JSON counts it: the last one", async () => {
  expect((await create('{"sku":"A","name":"B","price":1,"price":2}')).body.price).toBe(2);
});

test("letters of every alphabet pass, escaped or not", async () => {
  const answer = await create('{"sku":"A","name":"Mu\\u00f1oz \\ud83d\\ude00 日本","price":1}');
  expect([answer.status, answer.body.name]).toEqual([201, "Muñoz 😀 日本"]);
});

test("what is wrong is told per field", async () => {
  const answer = await create('{"name":5,"price":"1.234","color":"red"}');
  expect(answer.body).toMatchObject({
    title: "Invalid input",
    detail: "sku is required. (and 3 more)",
    errors: [
      { field: "sku", message: "sku is required." },
      { field: "name", message: "name must be a text." },
      { field: "price", message: "price must have at most 2 decimal places." },
      { field: "color", message: "color is not a field of this request." },
    ],
  });
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/json-patch+json",
  "multipart/form-data; boundary=x",
])("a body of type %s is a 415", async (type) => {
  const answer = await create(JSON.stringify(good), { "content-type": type });
  expect([answer.status, answer.body.code]).toEqual([415, "unsupported_media_type"]);
});

test("a compressed body or one in another alphabet is a 415", async () => {
  expect((await create(JSON.stringify(good), { "content-encoding": "gzip" })).status).toBe(415);
  expect(
    (await create(JSON.stringify(good), { "content-type": "application/json; charset=utf-7" })).status,
  ).toBe(415);
  expect(
    (await create(JSON.stringify(good), { "content-type": "application/json; charset=utf-8" })).status,
  ).toBe(201);
});

test("no body at all is an empty one", async () => {
  const answer = await platform.ask("POST", "/products", { token });
  expect([answer.status, answer.body.errors.length]).toEqual([400, 3]);
});

test("stock is not edited on the product, whatever its shape", async () => {
  for (const stock_quantity of [5, "5", null]) {
    const answer = await change({ stock_quantity });
    expect([answer.status, answer.body.code]).toEqual([400, "use_adjustment"]);
  }
  expect((await change({ stock_quantity: { a: [] } })).status).toBe(400);
});

test("a change of the version that was read passes, of an older one it is a 412", async () => {
  expect((await change({ price: 2 })).status).toBe(200);
  const passed = await change({ price: 2 }, { "If-Match": '"3"' });
  expect([passed.status, passed.headers.get("etag")]).toEqual([200, '"4"']);
  expect((await change({ price: 2 }, { "If-Match": "*" })).status).toBe(200);
  const failed = await change({ price: 2 }, { "If-Match": '"2"' });
  expect([failed.status, failed.body.code, failed.body.version]).toEqual([412, "version_conflict", 3]);
});

test.each(['"3", "4"', '"2","3"', '"x", "3"', '"1" , W/"3" ,"3"'])(
  "If-Match: %s names the version that there is, among others",
  async (tags) => {
    expect((await change({ price: 2 }, { "If-Match": tags })).status).toBe(200);
  },
);

// RFC 9110, 13.1.1: the comparison is a strong one, and a tag that is not ours is one that does not match.
test.each(['W/"3"', '"x"', '""', '"0"', '"1", "2"', '"a,b"', '"9007199254740993"'])(
  "If-Match: %s matches nothing: 412",
  async (tag) => {
    const answer = await change({ price: 2 }, { "If-Match": tag });
    expect([answer.status, answer.body.code]).toEqual([412, "version_conflict"]);
  },
);

test.each(["3", '"3', '3"', '"3" "4"', '"3",', ',"3"', 'w/"3"', '*, "3"', '"\\""'])(
  "If-Match: %s is a 400 that shows how it looks",
  async (tag) => {
    const answer = await change({ price: 2 }, { "If-Match": tag });
    expect([answer.status, answer.body.errors[0].field]).toEqual([400, "If-Match"]);
  },
);

test("a conflict without If-Match stays a 409, and its facts are shown", async () => {
  const answer = await create(JSON.stringify({ ...good, sku: "TAKEN" }));
  expect(answer.body).toMatchObject({ status: 409, code: "sku_taken", sku: "TAKEN" });
});

test.each(["0", "-1", "1.5", "0x1", "abc", "99999999999", "%00", "1%20", "__proto__"])(
  "the product %s cannot exist: 404",
  async (id) => {
    expect((await platform.ask("GET", `/products/${id}`, { token })).status).toBe(404);
  },
);

test("a path that cannot be decoded is a 400", async () => {
  expect((await platform.ask("GET", "/products/%ZZ", { token })).body.code).toBe("malformed_request");
});

test.each([
  ["limit=0", "limit must be at least 1."],
  ["limit=201", "limit must be at most 200."],
  ["limit=x", "limit must be a number."],
  ["in_stock=maybe", "in_stock must be true or false."],
  ["color=red", "color is not a field of this request."],
  ["limit=1&limit=2", "limit is given more than once."],
  ["q=%00", "q contains a character that is not text."],
  ["__proto__=1", "__proto__ is not a field of this request."],
  [`after=${"x".repeat(201)}`, "after must have at most 200 characters."],
])("the query %s is refused", async (query, message) => {
  const answer = await platform.ask("GET", `/products?${query}`, { token });
  expect([answer.status, answer.body.detail]).toEqual([400, message]);
});

test("the lists of a product that there is not are a 404, of one without entries a 200", async () => {
  for (const list of ["movements", "batches"]) {
    const found = await platform.ask("GET", `/products/1/${list}`, { token });
    expect([list, found.status, found.body.data]).toEqual([list, 200, []]);
    const missing = await platform.ask("GET", `/products/999999/${list}`, { token });
    expect([list, missing.status, missing.body.code]).toEqual([list, 404, "not_found"]);
    expect((await platform.ask("GET", `/${list}?product_id=999999`, { token })).status).toBe(200);
  }
});

test("a Content-Type that takes long to read is not read", async () => {
  const startedAt = Date.now();
  for (const type of [`application/json;${" ".repeat(15_000)}x`, `application/json${"; ".repeat(200)}`]) {
    const answer = await create(JSON.stringify(good), { "content-type": type });
    expect(answer.status).toBe(415);
  }
  expect(Date.now() - startedAt).toBeLessThan(500);
});

test("a path parameter reaches the message, under its field", async () => {
  expect((await platform.ask("GET", "/products/7/price-history", { token })).body.next).toBe("7");
  expect((await platform.ask("GET", "/products/7/price-history?product_id=8", { token })).status).toBe(400);
});

test("a bug is a 500 that tells nothing but its request id", async () => {
  const answer = await platform.ask("GET", "/products?q=boom", { token, headers: { "X-Request-Id": "r-1" } });
  expect(answer.status).toBe(500);
  expect(answer.body).toMatchObject({ code: "internal_error", request_id: "r-1" });
  expect(JSON.stringify(answer.body)).not.toContain("secret");
});

test("a path that there is not is a 404 problem, a method that it has not a 405 with Allow", async () => {
  expect((await platform.ask("GET", "/nothing", { token })).body.code).toBe("no_such_path");
  const answer = await platform.ask("DELETE", "/products/1", { token });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, PATCH, HEAD, OPTIONS"]);
  expect((await platform.ask("POST", "/health/live")).status).toBe(405);
});

test("HEAD answers like GET without a body, OPTIONS says what is possible", async () => {
  const head = await platform.ask("HEAD", "/products/1", { token });
  expect([head.status, head.headers.get("etag"), head.body]).toEqual([200, '"1"', ""]);
  const options = await platform.ask("OPTIONS", "/products");
  expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, POST, HEAD, OPTIONS"]);
});

test("a browser of a configured origin may call and read the headers, another may not", async () => {
  const asked = {
    Origin: "https://shop.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,idempotency-key",
  };
  const preflight = await platform.ask("OPTIONS", "/orders", { headers: asked });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
    204,
    "https://shop.example",
  ]);
  const answer = await platform.ask("GET", "/products", {
    token,
    headers: { Origin: "https://shop.example" },
  });
  expect(answer.headers.get("access-control-expose-headers")).toContain("ETag");
  const evil = await platform.ask("GET", "/products", { token, headers: { Origin: "https://evil.example" } });
  expect(evil.headers.get("access-control-allow-origin")).not.toBe("https://evil.example");
});

test("every answer has a request id, security headers, and says nothing about what serves it", async () => {
  const { headers } = await platform.ask("GET", "/products", { token });
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get("content-security-policy")).toBe("default-src 'none';frame-ancestors 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cache-control")).toBe("no-store");
  expect([headers.get("x-powered-by"), headers.get("etag")]).toEqual([null, null]);
});

test.each(["a b", "x".repeat(129), "ü"])("a request id like %j is not taken over", async (id) => {
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = httpRequest(
      `${platform.url}/health/live`,
      { headers: { "X-Request-Id": id } },
      (response) => {
        response.resume();
        resolve(String(response.headers["x-request-id"]));
      },
    );
    asked.on("error", reject).end();
  });
  expect(answer).toMatch(/^[0-9a-f-]{36}$/);
});

test("what is no HTTP is a 400 problem, and headers without end a 431", async () => {
  const send = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(platform.gateway.port, "127.0.0.1", () => socket.write(text));
      let got = "";
      socket.on("data", (chunk) => {
        got += chunk;
      });
      socket.on("close", () => resolve(got));
      socket.on("error", reject);
    });
  expect(await send("GARBAGE\r\n\r\n")).toMatch(/^HTTP\/1.1 400 .*application\/problem\+json/s);
  expect(await send(`GET / HTTP/1.1\r\nHost: x\r\nA: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 431 /,
  );
});

test("the contracts are open: all messages with their schemas, and one with its examples", async () => {
  const { body } = await platform.ask("GET", "/contracts");
  expect(body.next).toBeNull();
  expect(body.data.map(({ name }: { name: string }) => name)).toEqual(
    allContracts.map(({ name }) => name).sort(),
  );
  const asked = (name: string) => platform.ask("GET", `/contracts/${name}`);
  const reserving = await asked("inventory.reserve-stock.v1");
  expect(reserving.body).toMatchObject({
    kind: "command",
    service: "inventory",
    subject: "cmd.inventory.reserve-stock.v1",
    about: expect.stringContaining("holds every line"),
    refusals: expect.arrayContaining(["insufficient_stock", "bad_request", "message_too_old"]),
    schemas: { ask: { $id: "urn:quartermaster:inventory.reserve-stock.v1:ask" } },
  });
  expect(reserving.body.examples[0].ask.lines).not.toHaveLength(0);
  expect((await asked("orders.order-placed.v1")).body).toMatchObject({
    kind: "event",
    entity: "order",
    schemas: { body: { type: "object" } },
  });
  const missing = await asked("orders.nothing.v1");
  expect([missing.status, missing.body.code]).toEqual([404, "no_such_path"]);
  expect((await platform.ask("POST", "/contracts")).status).toBe(405);
  expect((await platform.ask("GET", "/asyncapi.json")).body).toMatchObject({
    asyncapi: "3.0.0",
    channels: { "orders.order-placed.v1": { address: "evt.orders.order-placed.v1" } },
  });
});

test("health, metrics and documents are open, and scripts come from here alone", async () => {
  expect((await platform.ask("GET", "/health/live")).body).toEqual({ status: "live" });
  expect((await platform.ask("GET", "/health/ready")).body).toEqual({
    status: "ready",
    checks: { nats: true, database: true, keys: true },
  });
  expect((await platform.ask("GET", "/metrics")).body).toContain(
    'route="POST /products",method="POST",status="201"',
  );
  expect((await platform.ask("GET", "/openapi.json")).body.openapi).toBe("3.1.0");
  for (const path of ["/swagger", "/redoc"]) {
    const page = await platform.ask("GET", path);
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(page.body).not.toMatch(/https?:\/\//);
    for (const [, asset] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect([asset, (await platform.ask("GET", asset)).status]).toEqual([asset, 200]);
    }
  }
});
