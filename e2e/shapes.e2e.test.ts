import { type Journey, openJourney, unique } from "./support/journey";

let journey: Journey;
beforeAll(async () => {
  journey = await openJourney();
});
afterAll(() => journey.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);

test("a customer registers, logs in, and is who it says", async () => {
  const { ask } = journey;
  const login = { email: `${unique("ana")}@shop.test`, password: "a password of hers" };
  const registered = await ask("POST", "/auth/register", { body: { ...login, role: "CUSTOMER" } });
  expect(registered).toMatchObject({ status: 201, body: { id: uuid, email: login.email } });
  const tokens = await ask("POST", "/auth/login", { body: login });
  expect(tokens.status).toBe(200);
  expect(tokens.body).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: "bearer",
    expires_in: 3600,
    refresh_token: expect.any(String),
  });
  const me = await ask("GET", "/me", { as: tokens.body.access_token });
  expect(me).toMatchObject({
    status: 200,
    body: {
      id: registered.body.id,
      email: login.email,
      role: "CUSTOMER",
      status: "ACTIVE",
      customer_id: uuid,
    },
  });
  const old = await ask("POST", "/api/token", { body: { username: login.email, password: login.password } });
  expect(old).toMatchObject({
    status: 200,
    body: { access: expect.any(String), refresh: expect.any(String) },
  });
});

test("a taken email is 409, a wrong password 401, another role 403", async () => {
  const { ask, newBuyer } = journey;
  const { email, password } = await newBuyer();
  const taken = await ask("POST", "/auth/register", { body: { email, password, role: "CUSTOMER" } });
  expect(taken).toMatchObject({ status: 409, body: { code: "email_taken" } });
  const wrong = await ask("POST", "/auth/login", { body: { email, password: "not this one" } });
  expect(wrong).toMatchObject({ status: 401, body: { code: "invalid_credentials" } });
  const body = { email: `${unique("boss")}@shop.test`, password, role: "ADMIN" };
  expect(await ask("POST", "/auth/register", { body })).toMatchObject({ status: 403 });
});

test("refresh tokens rotate, a race of one token logs nobody out, and logout ends them", async () => {
  const { ask, newBuyer } = journey;
  const { email, password } = await newBuyer();
  const { body } = await ask("POST", "/auth/login", { body: { email, password } });
  const raced = await Promise.all(
    [1, 2, 3].map(() => ask("POST", "/auth/refresh", { body: { refresh_token: body.refresh_token } })),
  );
  expect(raced.map(({ status }) => status)).toEqual([200, 200, 200]);
  const successor = raced[0]?.body.refresh_token;
  expect(successor).not.toBe(body.refresh_token);
  expect((await ask("POST", "/auth/logout", { body: { refresh_token: successor } })).status).toBe(204);
  const ended = await ask("POST", "/auth/refresh", { body: { refresh_token: successor } });
  expect(ended).toMatchObject({ status: 401, body: { code: "invalid_refresh_token" } });
});

test("a product has an integer id, its price as a number, an ETag and a Location", async () => {
  const { ask, admin } = journey;
  const sku = unique("WIDGET-A");
  const body = { name: "Widget A", sku, price: 150.0, stock_quantity: 10 };
  const created = await ask("POST", "/products", { as: admin, body });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    id: expect.any(Number),
    name: "Widget A",
    sku,
    price: 150,
    stock_quantity: 10,
  });
  expect(Number.isInteger(created.body.id)).toBe(true);
  expect(created.headers.get("location")).toBe(`/products/${created.body.id}`);
  expect(created.headers.get("etag")).toBe('"1"');
  const again = await ask("POST", "/products", { as: admin, body });
  expect(again).toMatchObject({ status: 409, body: { code: "sku_taken" } });
  const listed = await ask("GET", `/products?in_stock=true&q=${sku}`, { as: admin });
  expect(listed).toMatchObject({
    status: 200,
    body: { data: [{ id: created.body.id, stock_quantity: 10 }], next: null },
  });
});

test("a repeated creation with the same Idempotency-Key creates one product, one user, one customer", async () => {
  const { ask, admin } = journey;
  const email = `${unique("twice")}@shop.test`;
  const creations: [string, Record<string, unknown>][] = [
    ["/products", { name: "Once", sku: unique("ONCE"), price: 1 }],
    ["/auth/register", { email, password: "a password" }],
    ["/customers", { name: "Once Ltd", email: `${unique("once")}@shop.test` }],
    ["/locations", { code: unique("ONCE"), name: "Once", type: "DEPOT" }],
  ];
  for (const [path, body] of creations) {
    const headers = { "idempotency-key": unique("key") };
    const answers = await Promise.all([1, 2, 3].map(() => ask("POST", path, { as: admin, body, headers })));
    expect([path, answers.map(({ status }) => status)]).toEqual([path, [201, 201, 201]]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect(answers[2]?.body).toEqual(answers[0]?.body);
  }
});

test("a price may be a decimal string, and what is not in stock is not listed as such", async () => {
  const { ask, admin } = journey;
  const sku = unique("EMPTY");
  const body = { name: "Empty", sku, price: "19.99", stock_quantity: 0 };
  expect(await ask("POST", "/products", { as: admin, body })).toMatchObject({
    status: 201,
    body: { price: 19.99 },
  });
  expect((await ask("GET", `/products?in_stock=true&q=${sku}`, { as: admin })).body.data).toEqual([]);
  expect((await ask("GET", `/products?q=${sku}`, { as: admin })).body.data).toHaveLength(1);
});

test("stock is not edited through the product, and If-Match guards it against a lost update", async () => {
  const { ask, admin, newProduct } = journey;
  const id = await newProduct();
  const stock = await ask("PATCH", `/products/${id}`, { as: admin, body: { stock_quantity: 5 } });
  expect(stock).toMatchObject({ status: 400, body: { code: "use_adjustment" } });
  const headers = { "if-match": '"1"' };
  const first = await ask("PATCH", `/products/${id}`, { as: admin, body: { name: "Renamed" }, headers });
  expect(first).toMatchObject({ status: 200, body: { name: "Renamed", version: 2 } });
  const second = await ask("PATCH", `/products/${id}`, { as: admin, body: { name: "Late" }, headers });
  expect(second).toMatchObject({ status: 412, body: { code: "version_conflict" } });
});

test("an order is PENDING with its totals, its detail shows the lines as bought, whatever the price does later", async () => {
  const { ask, admin, newBuyer, newProduct } = journey;
  const buyer = await newBuyer();
  const product = await newProduct({ name: "Widget A", price: 150, stock_quantity: 10 });
  const items = [{ product_id: product, quantity: 6 }];
  const placed = await ask("POST", "/orders", { as: buyer.token, body: { items } });
  expect(placed.status).toBe(201);
  expect(placed.body).toMatchObject({
    id: uuid,
    status: "PENDING",
    customer_id: buyer.customerId,
    total_amount: 900,
    shipping_amount: 0,
    tax_amount: 81,
    grand_total: 981,
    currency: "USD",
    invoice_number: expect.stringMatching(/^INV-\d{6,}$/),
    created_at: time,
  });
  expect(placed.headers.get("location")).toBe(`/orders/${placed.body.id}`);
  await ask("PATCH", `/products/${product}`, { as: admin, body: { price: 999, name: "Widget B" } });
  const detail = await ask("GET", `/orders/${placed.body.id}`, { as: buyer.token });
  expect(detail).toMatchObject({
    status: 200,
    body: {
      id: placed.body.id,
      status: "PENDING",
      total_amount: 900,
      items: [{ product_id: product, product_name: "Widget A", quantity: 6, unit_price_at_purchase: 150 }],
    },
  });
  expect(detail.body.items[0]).not.toHaveProperty("price");
  const history = await ask("GET", `/products/${product}/price-history`, { as: admin });
  expect(history.body.data[0]).toMatchObject({ old_price: 150, new_price: 999 });
  const invoices = await ask("GET", `/invoices?order_id=${placed.body.id}`, { as: buyer.token });
  expect(invoices.body.data).toMatchObject([
    { number: placed.body.invoice_number, subtotal: 900, tax: 81, total: 981, status: "ISSUED" },
  ]);
});

test("orders are listed: one's own for a customer, all for staff; pages follow each other", async () => {
  const { ask, admin, newBuyer, newProduct } = journey;
  const [buyer, other] = [await newBuyer(), await newBuyer()];
  const items = [{ product_id: await newProduct(), quantity: 1 }];
  const ids: string[] = [];
  for (let n = 0; n < 3; n++)
    ids.unshift((await ask("POST", "/orders", { as: buyer.token, body: { items } })).body.id);
  await ask("POST", "/orders", { as: other.token, body: { items } });
  const first = await ask("GET", "/orders?limit=2", { as: buyer.token });
  expect(first.body.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
  const second = await ask("GET", `/orders?limit=2&after=${first.body.next}`, { as: buyer.token });
  expect(second.body).toMatchObject({ data: [{ id: ids[2] }], next: null });
  const staff = await ask("GET", `/orders?customer_id=${buyer.customerId}`, { as: admin });
  expect(staff.body.data).toHaveLength(3);
});

test("staff order on behalf of a customer, and must say for whom", async () => {
  const { ask, newBuyer, newProduct, newStaff } = journey;
  const [buyer, sales, viewer] = [await newBuyer(), await newStaff("SALES"), await newStaff("VIEWER")];
  const items = [{ product_id: await newProduct(), quantity: 1 }];
  const body = { items, customer_id: buyer.customerId };
  const placed = await ask("POST", "/orders", { as: sales, body });
  expect(placed).toMatchObject({ status: 201, body: { customer_id: buyer.customerId } });
  expect((await ask("GET", `/orders/${placed.body.id}`, { as: buyer.token })).status).toBe(200);
  expect((await ask("POST", "/orders", { as: sales, body: { items } })).status).toBe(400);
  expect((await ask("POST", "/orders", { as: viewer, body })).status).toBe(403);
});

test("a cancelled order releases its stock and credits its invoice, once", async () => {
  const { ask, newBuyer, newProduct, stockOf } = journey;
  const buyer = await newBuyer();
  const product = await newProduct({ stock_quantity: 5 });
  const items = [{ product_id: product, quantity: 2 }];
  const { body: order } = await ask("POST", "/orders", { as: buyer.token, body: { items } });
  expect(await stockOf(product)).toEqual({ on_hand: 5, reserved: 2, available: 3 });
  const cancelled = await ask("POST", `/orders/${order.id}/cancel`, {
    as: buyer.token,
    body: { reason: "changed my mind" },
  });
  expect(cancelled).toMatchObject({ status: 200, body: { id: order.id, status: "CANCELLED" } });
  const again = await ask("DELETE", `/orders/${order.id}`, { as: buyer.token });
  expect(again).toMatchObject({ status: 200, body: { status: "CANCELLED" } });
  expect(await stockOf(product)).toEqual({ on_hand: 5, reserved: 0, available: 5 });
  const invoices = await ask("GET", `/invoices?order_id=${order.id}`, { as: buyer.token });
  expect(invoices.body.data).toMatchObject([{ status: "CREDITED" }]);
  const notes = await ask("GET", `/credit-notes?invoice_id=${invoices.body.data[0].id}`, { as: buyer.token });
  expect(notes.body.data).toMatchObject([
    { number: expect.stringMatching(/^CN-\d{6,}$/), total: invoices.body.data[0].total },
  ]);
});

test("roles and permissions are data, the documents are served, and the keys are public", async () => {
  const { ask, admin, newBuyer } = journey;
  const buyer = await newBuyer();
  const permissions = await ask("GET", "/permissions", { as: buyer.token });
  expect(permissions.body.data).toContainEqual({
    permission: "orders:place",
    about: expect.any(String),
    roles: ["ADMIN", "MANAGER", "SALES", "CUSTOMER"],
    own: ["CUSTOMER"],
  });
  expect((await ask("GET", "/roles", { as: admin })).body.data).toHaveLength(5);
  const jwks = await ask("GET", "/.well-known/jwks.json");
  expect(jwks.body.keys[0]).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
  expect(jwks.body.keys[0]).not.toHaveProperty("d");
  const openapi = await ask("GET", "/openapi.json");
  expect(openapi.body).toMatchObject({
    openapi: expect.stringMatching(/^3\.1/),
    paths: { "/orders": expect.anything() },
  });
  for (const path of [
    "/health/live",
    "/health/ready",
    "/metrics",
    "/swagger/",
    "/redoc",
    "/contracts",
    "/asyncapi.json",
  ]) {
    expect([path, (await ask("GET", path)).status]).toEqual([path, 200]);
  }
});
