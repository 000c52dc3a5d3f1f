import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Ask } from "./client";
import type { Narrator } from "./narrator";

/** What the chapters hand on to each other. */
interface Cast {
  ask: Ask;
  tell: Narrator;
  /** Makes names of this telling unlike those of an earlier one on the same stack. */
  run: string;
  admin: string;
  buyer: string;
  customerId: string;
  widget: number;
  gadget: number;
  order: string;
  rejected: string;
}

/** The whole story, chapter by chapter. Throws when it cannot go on. */
export async function tell(
  ask: Ask,
  narrator: Narrator,
  admin: { email: string; password: string },
): Promise<void> {
  const run = randomBytes(3).toString("hex");
  const cast = { ask, tell: narrator, run } as Cast;
  await logIn(cast, admin);
  await createProducts(cast);
  await registerBuyer(cast);
  await placeOrder(cast);
  await orderTooMuch(cast);
  await exceedCredit(cast);
  await changePrice(cast);
  await readAudit(cast);
}

async function logIn(cast: Cast, { email, password }: { email: string; password: string }): Promise<void> {
  const { ask, tell } = cast;
  tell.chapter("The administrator logs in");
  const { status, body } = await ask("POST", "/auth/login", { body: { email, password } });
  tell.told(
    "the token is a bearer token for an hour",
    body.token_type === "bearer" && body.expires_in === 3600,
  );
  if (status !== 200) throw new Error(`the administrator ${email} cannot log in: ${body.detail}`);
  cast.admin = body.access_token;
}

async function createProducts(cast: Cast): Promise<void> {
  const { ask, tell, run, admin } = cast;
  tell.chapter("Two products come into stock");
  const create = async (name: string, price: number, stock_quantity: number) => {
    const body = { name, sku: `${name.toUpperCase()}-${run}`, price, stock_quantity };
    const created = await ask("POST", "/products", { as: admin, body });
    const { id, sku } = created.body;
    tell.show("answer", { id, sku, price: created.body.price, stock_quantity: created.body.stock_quantity });
    const right =
      created.status === 201 && Number.isInteger(id) && created.body.stock_quantity === stock_quantity;
    tell.told(`${name} has an integer id and ${stock_quantity} in stock`, right);
    return id as number;
  };
  cast.widget = await create("Widget", 150, 20);
  cast.gadget = await create("Gadget", 60.5, 5);
}

async function registerBuyer(cast: Cast): Promise<void> {
  const { ask, tell, run } = cast;
  tell.chapter("A customer registers, logs in and looks at what is there");
  const login = { email: `buyer-${run}@example.com`, password: `a password of ${run}` };
  const registered = await ask("POST", "/auth/register", { body: { ...login, role: "CUSTOMER" } });
  tell.told(
    "201 with an id and the email",
    registered.status === 201 && registered.body.email === login.email,
  );
  const tokens = await ask("POST", "/auth/login", { body: login });
  cast.buyer = tokens.body.access_token;
  const me = await ask("GET", "/me", { as: cast.buyer });
  cast.customerId = me.body.customer_id;
  tell.show("answer", { role: me.body.role, customer_id: me.body.customer_id });
  const { body } = await ask("GET", `/products?in_stock=true&q=${run}`, { as: cast.buyer });
  tell.rows(
    (body.data ?? []).map((p: Record<string, unknown>) => [p.sku, p.price, `${p.stock_quantity} in stock`]),
  );
  tell.told("both products are listed", body.data?.length === 2);
}

async function placeOrder(cast: Cast): Promise<void> {
  const { ask, tell, buyer, widget, gadget } = cast;
  tell.chapter("It orders: stock is reserved, the order created and the invoice issued, in four services");
  const items = [
    { product_id: widget, quantity: 4 },
    { product_id: gadget, quantity: 1 },
    { product_id: widget, quantity: 2 },
  ];
  const headers = { "Idempotency-Key": `order-${cast.run}` };
  const placed = await ask("POST", "/orders", { as: buyer, body: { items }, headers });
  const { id, status, total_amount, tax_amount, grand_total, invoice_number } = placed.body;
  tell.show("answer", { status, total_amount, tax_amount, grand_total, invoice_number });
  if (placed.status !== 201) throw new Error(`the order was not placed: ${JSON.stringify(placed.body)}`);
  cast.order = id;
  tell.told("6 × 150.00 + 60.50 = 960.50, lines of one product added up", total_amount === 960.5);
  tell.told(
    "the order is PENDING and has its invoice",
    status === "PENDING" && /^INV-\d{6}/.test(invoice_number),
  );
  const again = await ask("POST", "/orders", { as: buyer, body: { items }, headers });
  tell.told(
    "the same request with the same key is the same order",
    again.status === 201 && again.body.id === id,
  );
  const order = await ask("GET", `/orders/${id}`, { as: buyer });
  type Item = { product_name: string; quantity: number; unit_price_at_purchase: number };
  tell.rows(order.body.items.map((i: Item) => [i.product_name, i.quantity, i.unit_price_at_purchase]));
  tell.told("14 Widgets and 4 Gadgets are left", same(await left(cast), [14, 4]));
}

async function orderTooMuch(cast: Cast): Promise<void> {
  const { ask, tell, buyer, widget, gadget } = cast;
  tell.chapter("It orders more than there is, and is refused: all lines or none");
  const items = [
    { product_id: widget, quantity: 1 },
    { product_id: gadget, quantity: 100 },
  ];
  const { status, body } = await ask("POST", "/orders", { as: buyer, body: { items } });
  tell.show("problem", { code: body.code, detail: body.detail });
  tell.show("errors", body.errors);
  tell.told("400 insufficient_stock", status === 400 && body.code === "insufficient_stock");
  tell.told("nothing was taken, not even the Widget", same(await left(cast), [14, 4]));
}

async function exceedCredit(cast: Cast): Promise<void> {
  const { ask, tell, buyer, admin, widget, customerId } = cast;
  tell.chapter("It may owe 1,000.00, and orders for more: the saga takes back what it has done");
  const terms = { payment_terms: "CREDIT", credit_limit: 1000 };
  const changed = await ask("PATCH", `/customers/${customerId}`, { as: admin, body: terms });
  tell.told("the customer buys on credit now", changed.status === 200 && changed.body.credit_limit === 1000);
  const items = [{ product_id: widget, quantity: 10 }];
  const { status, body } = await ask("POST", "/orders", { as: buyer, body: { items } });
  tell.show("problem", { code: body.code, detail: body.detail });
  tell.told("409 credit_limit_exceeded", status === 409 && body.code === "credit_limit_exceeded");
  cast.rejected = body.order_id;
  const order = await ask("GET", `/orders/${cast.rejected}`, { as: buyer });
  tell.told(
    "the order is REJECTED and has no invoice",
    order.body.status === "REJECTED" && !order.body.invoice_number,
  );
  tell.told("its 10 Widgets are back", same(await left(cast), [14, 4]));
  const timeline = await ask("GET", `/orders/${cast.rejected}/timeline`, { as: buyer });
  type Entry = { at: string; kind: string; what: string };
  tell.rows((timeline.body.data ?? []).map((e: Entry) => [e.at.slice(11, 23), e.kind, e.what]));
  tell.told("the timeline tells each step", (timeline.body.data ?? []).length >= 4);
}

async function changePrice(cast: Cast): Promise<void> {
  const { ask, tell, admin, buyer, widget, order } = cast;
  tell.chapter("The price of Widgets changes, and no old order does");
  const body = { price: 175, price_reason: "brass became dearer" };
  const changed = await ask("PATCH", `/products/${widget}`, { as: admin, body });
  tell.told("the Widget costs 175.00", changed.body.price === 175);
  const history = await ask("GET", `/products/${widget}/price-history`, { as: admin });
  type Change = { old_price: number; new_price: number; reason: string; changed_by: string };
  const rows: Change[] = history.body.data ?? [];
  tell.rows(rows.map((c) => [c.old_price ?? "", "->", c.new_price, c.reason ?? "", c.changed_by]));
  tell.told(
    "the change and its reason are kept",
    rows[0]?.new_price === 175 && rows[0]?.reason === body.price_reason,
  );
  const old = await ask("GET", `/orders/${order}`, { as: buyer });
  const unit = old.body.items?.find(
    (i: { product_id: number }) => i.product_id === widget,
  )?.unit_price_at_purchase;
  tell.told(
    "in the order it still costs 150.00, and the total is 960.50",
    unit === 150 && old.body.total_amount === 960.5,
  );
}

interface AuditRow {
  source: string;
  user_name: string | null;
  user_id: string;
  description: string;
  action: string;
  entity: string;
  new_values: Record<string, unknown> | null;
  request_id: string | null;
}

async function readAudit(cast: Cast): Promise<void> {
  const { tell, ask, admin, buyer } = cast;
  tell.chapter("The audit tells who did what, in every service");
  const placed = await trail(cast, cast.order, "Order placed");
  tell.told(
    "the placed order: stock reserved, invoice issued, order placed",
    ["inventory", "billing", "orders"].every((source) => placed.some((row) => row.source === source)),
  );
  const rejected = await trail(cast, cast.rejected, "Order rejected");
  const words = rejected.map((row) => row.description).join("; ");
  tell.told(
    "the rejected order: reserved, refused by billing, released, rejected",
    /reserved for/.test(words) && /refused/.test(words) && /released/.test(words),
  );
  tell.told("no invoice was issued for it", !/Invoice issued/.test(words));
  const forbidden = await ask("GET", "/audit", { as: buyer });
  tell.told("the customer may not read the audit", forbidden.status === 403);
  const { body } = await ask("GET", "/audit/verify", { as: admin });
  tell.show("answer", { ok: body.ok, records: body.records, head: body.head });
  tell.told("the hash chain is whole, and no service's events have a gap", body.ok === true);
}

/** The records of the request that placed an order, once all of them have arrived: the audit is a second behind. */
async function trail({ ask, tell, admin }: Cast, order: string, last: string): Promise<AuditRow[]> {
  const read = async (path: string): Promise<AuditRow[]> =>
    (await ask("GET", path, { as: admin })).body.data ?? [];
  let own: AuditRow[] = [];
  for (let tries = 0; tries < 20 && !own.some((row) => row.description.startsWith(last)); tries++) {
    if (tries > 0) await pause(250);
    own = await read(`/audit?entity=order&record_id=${order}`);
  }
  await pause(500);
  const request = own.find((row) => row.description.startsWith(last))?.request_id;
  const rows = request ? await read(`/audit?request_id=${request}&order=asc`) : own;
  tell.rows(
    rows.map((row) => [row.source, row.user_name ?? row.user_id, row.action, row.entity, row.description]),
  );
  return rows;
}

async function left({ ask, admin, widget, gadget }: Cast): Promise<number[]> {
  const counts = [];
  for (const id of [widget, gadget]) {
    counts.push((await ask("GET", `/products/${id}`, { as: admin })).body.stock_quantity as number);
  }
  return counts;
}

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
