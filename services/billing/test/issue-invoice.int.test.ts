import { createHash } from "node:crypto";
import { CancelIssue, CreditOrder, GetInvoice, IssueInvoice } from "@quartermaster/contracts";
import { newId, type RunningService } from "@quartermaster/messaging";
import { openWorld, type World } from "@quartermaster/testkit";
import { admin, answerOf, asking, orderOf, saidAbout, startBilling } from "./fixture";

let world: World;
let billing: RunningService;
let ask: ReturnType<typeof asking>;

beforeAll(async () => {
  world = await openWorld("billing");
  billing = await startBilling(world);
  ask = asking(billing);
});
afterAll(async () => {
  await billing?.stop();
  await world?.close();
});

const numbersOf = (series: string) =>
  world
    .sql<{ last: string }>("select last_number as last from billing.document_series where series = $1", [
      series,
    ])
    .then(([row]) => Number(row?.last));
const openBalance = (customerId: string) =>
  world
    .sql<{ open: string }>(
      "select open_minor as open from billing.customer_accounts where customer_id = $1",
      [customerId],
    )
    .then(([row]) => (row ? Number(row.open) : undefined));

test("an order is invoiced with tax and shipping, and everything it said stands in the row", async () => {
  const order = orderOf(90_000, {}, { shippingMinor: 1_050 });
  const issued = answerOf(await ask(IssueInvoice, order));
  expect(issued).toEqual({
    invoiceId: expect.any(String),
    number: expect.stringMatching(/^INV-\d{6}$/),
    subtotalMinor: 91_050,
    taxMinor: 8_195, // 8,194.5 rounded half up
    totalMinor: 99_245,
    issuedAt: expect.any(String),
  });
  const { creditLimitMinor: _, ...customer } = order.customer;
  const shipping = { productId: null, sku: null, description: "Shipping", quantity: 1, taxCode: "STANDARD" };
  expect(answerOf(await ask(GetInvoice, { id: issued.invoiceId }))).toEqual({
    id: issued.invoiceId,
    number: issued.number,
    series: "INV",
    orderId: order.orderId,
    customerId: customer.id,
    customer,
    lines: [...order.lines, { ...shipping, unitPriceMinor: 1_050, lineTotalMinor: 1_050 }],
    taxes: [{ taxCode: "STANDARD", rateBps: 900, baseMinor: 91_050, taxMinor: 8_195 }],
    subtotalMinor: 91_050,
    taxMinor: 8_195,
    totalMinor: 99_245,
    creditedMinor: 0,
    paidMinor: 0,
    currency: "USD",
    status: "ISSUED",
    issuedAt: issued.issuedAt,
    issuedBy: "ada",
  });
  expect(await saidAbout(world, issued.invoiceId)).toEqual([
    {
      event: "billing.invoice-issued.v1",
      body: {
        entityId: issued.invoiceId,
        version: 1,
        old: null,
        new: {
          number: issued.number,
          orderId: order.orderId,
          customerId: customer.id,
          subtotalMinor: 91_050,
          taxMinor: 8_195,
          totalMinor: 99_245,
          currency: "USD",
        },
      },
    },
  ]);
});

test("the snapshot's hash is the SHA-256 of the stored text, and the document in it is what was answered", async () => {
  const order = orderOf(1_234);
  order.customer.name = 'Muñoz "& Söhne", {one}, \\two\u001e\u0000three, 日本 🧰';
  const [issued] = (
    await Promise.all([order, orderOf(1), orderOf(2)].map((one) => ask(IssueInvoice, one)))
  ).map(answerOf);
  if (!issued) throw new Error("not issued");
  const [row] = await world.sql<{ snapshot: string; hash: string; same: boolean; at: Date }>(
    `select snapshot, encode(snapshot_sha256, 'hex') as hash, issued_at as at,
       snapshot_sha256 = sha256(convert_to(snapshot, 'UTF8')) as same
     from billing.invoices where id = $1`,
    [issued.invoiceId],
  );
  expect(row?.same).toBe(true);
  expect(row?.hash).toBe(
    createHash("sha256")
      .update(row?.snapshot ?? "")
      .digest("hex"),
  );
  expect(JSON.parse(row?.snapshot ?? "")).toMatchObject({
    form: 1,
    id: issued.invoiceId,
    number: issued.number,
  });
  expect(row?.at.toISOString()).toBe(issued.issuedAt);
});

test("the rate stays frozen in an invoice when the deployment's rate changes", async () => {
  const before = answerOf(await ask(IssueInvoice, orderOf(10_000)));
  await billing.stop();
  billing = await startBilling(world, { TAX_RATE: "0.1" });
  ask = asking(billing);
  const after = answerOf(await ask(IssueInvoice, orderOf(10_000)));
  expect([before.taxMinor, after.taxMinor]).toEqual([900, 1_000]);
  expect(answerOf(await ask(GetInvoice, { id: before.invoiceId })).taxes).toEqual([
    { taxCode: "STANDARD", rateBps: 900, baseMinor: 10_000, taxMinor: 900 },
  ]);
  await billing.stop();
  billing = await startBilling(world);
  ask = asking(billing);
});

test("an order has one invoice, whatever the id it is asked under", async () => {
  const order = orderOf(5_000);
  const first = answerOf(await ask(IssueInvoice, order));
  expect(answerOf(await ask(IssueInvoice, order))).toEqual(first);
  const together = await Promise.all(Array.from({ length: 20 }, () => ask(IssueInvoice, order)));
  expect(together.map(answerOf)).toEqual(Array(20).fill(first));
  expect(await saidAbout(world, first.invoiceId)).toHaveLength(1);
  expect(await openBalance(order.customer.id)).toBe(first.totalMinor);
});

test("twenty requests at once for one new order are one invoice, said once", async () => {
  const order = orderOf(5_000);
  const answers = (await Promise.all(Array.from({ length: 20 }, () => ask(IssueInvoice, order)))).map(
    answerOf,
  );
  expect(new Set(answers.map(({ number }) => number)).size).toBe(1);
  expect(await saidAbout(world, answers[0]?.invoiceId ?? "")).toHaveLength(1);
});

test("a batch of new, invoiced and refused orders of one customer takes numbers and balance for the new ones only", async () => {
  const id = newId();
  const limit = { id, paymentTerms: "CREDIT", creditLimitMinor: 30_000 } as const;
  const known = orderOf(10_000, limit);
  const before = answerOf(await ask(IssueInvoice, known));
  const last = await numbersOf("INV");
  const [again, small, large] = await Promise.all([
    ask(IssueInvoice, known),
    ask(IssueInvoice, orderOf(5_000, limit)),
    ask(IssueInvoice, orderOf(20_000, limit)),
  ]);
  expect(answerOf(again)).toEqual(before);
  expect(answerOf(small)).toMatchObject({ number: `INV-${String(last + 1).padStart(6, "0")}` });
  expect(large).toMatchObject({
    refusal: { code: "credit_limit_exceeded", details: { openBalanceMinor: 16_350 } },
  });
  expect(await numbersOf("INV")).toBe(last + 1);
  expect(await openBalance(id)).toBe(16_350);
});

test("an amount that no invoice can hold is refused, and nothing is left of it", async () => {
  const last = await numbersOf("INV");
  const order = orderOf(999_999_999_999);
  expect(await ask(IssueInvoice, order)).toEqual({
    refusal: {
      code: "amount_too_large",
      message: expect.any(String),
      details: { maxMinor: 999_999_999_999 },
    },
  });
  expect(await numbersOf("INV")).toBe(last);
  expect(await openBalance(order.customer.id)).toBeUndefined();
});

describe("credit", () => {
  const limit = { paymentTerms: "CREDIT", creditLimitMinor: 10_900 } as const;

  test("an invoice that reaches the limit to the cent is issued; one cent over it is refused", async () => {
    const buyer = { ...limit, id: newId() };
    answerOf(await ask(IssueInvoice, orderOf(10_000, buyer)));
    expect(await openBalance(buyer.id)).toBe(10_900);
    const last = await numbersOf("INV");
    const over = orderOf(1, buyer);
    const refused = { creditLimitMinor: 10_900, openBalanceMinor: 10_900, totalMinor: 1 };
    expect(await ask(IssueInvoice, over)).toEqual({
      refusal: { code: "credit_limit_exceeded", message: expect.any(String), details: refused },
    });
    expect(await numbersOf("INV")).toBe(last);
    expect(await openBalance(buyer.id)).toBe(10_900);
    expect(await saidAbout(world, buyer.id)).toEqual([
      {
        event: "billing.invoice-refused.v1",
        body: {
          entityId: buyer.id,
          version: 0,
          old: null,
          new: { orderId: over.orderId, customerId: buyer.id, ...refused },
        },
      },
    ]);
  });

  test("of many orders of one customer at once exactly as many are invoiced as fit", async () => {
    const buyer = { id: newId(), paymentTerms: "CREDIT", creditLimitMinor: 7 * 10_900 + 10_899 } as const;
    const other = await startBilling(world);
    const asks = [ask, asking(other)];
    const answered = await Promise.all(
      Array.from({ length: 40 }, (_, n) => asks[n % 2]?.(IssueInvoice, orderOf(10_000, buyer))),
    );
    await other.stop();
    expect(answered.filter((one) => one && "answer" in one)).toHaveLength(7);
    expect(await openBalance(buyer.id)).toBe(7 * 10_900);
    const [sum] = await world.sql<{ n: string; owed: string }>(
      "select count(*) as n, sum(total_minor) as owed from billing.invoices where customer_id = $1",
      [buyer.id],
    );
    expect({ n: Number(sum?.n), owed: Number(sum?.owed) }).toEqual({ n: 7, owed: 7 * 10_900 });
  });

  test("a refused order may be asked again, and is invoiced once there is room", async () => {
    const buyer = { ...limit, id: newId() };
    const first = orderOf(10_000, buyer);
    answerOf(await ask(IssueInvoice, first));
    const second = orderOf(5_000, buyer);
    expect(await ask(IssueInvoice, second)).toMatchObject({ refusal: { code: "credit_limit_exceeded" } });
    answerOf(await ask(CreditOrder, { orderId: first.orderId }));
    expect(await openBalance(buyer.id)).toBe(0);
    expect(answerOf(await ask(IssueInvoice, second)).totalMinor).toBe(5_450);
  });

  test("what a customer owes from before it was given credit counts against its limit", async () => {
    const id = newId();
    answerOf(await ask(IssueInvoice, orderOf(10_000, { id })));
    expect(await ask(IssueInvoice, orderOf(1, { ...limit, id }))).toMatchObject({
      refusal: { code: "credit_limit_exceeded", details: { openBalanceMinor: 10_900 } },
    });
  });

  test("a customer who pays cash is not checked", async () => {
    const id = newId();
    const buyer = { id, paymentTerms: "CASH", creditLimitMinor: 0 } as const;
    answerOf(await ask(IssueInvoice, orderOf(10_000, buyer)));
    answerOf(await ask(IssueInvoice, orderOf(10_000, buyer)));
    expect(await openBalance(id)).toBe(21_800);
  });
});

describe("the fence", () => {
  test("a forbidden order is never invoiced", async () => {
    const order = orderOf(1_000);
    expect(answerOf(await ask(CancelIssue, { orderId: order.orderId }))).toEqual({ state: "cancelled" });
    expect(answerOf(await ask(CancelIssue, { orderId: order.orderId }))).toEqual({ state: "cancelled" });
    const last = await numbersOf("INV");
    expect(await ask(IssueInvoice, order)).toEqual({
      refusal: { code: "fenced", message: expect.any(String), details: { orderId: order.orderId } },
    });
    expect(await numbersOf("INV")).toBe(last);
    expect(await saidAbout(world, order.orderId)).toEqual([
      {
        event: "billing.issue-cancelled.v1",
        body: { entityId: order.orderId, version: 0, old: null, new: { orderId: order.orderId } },
      },
    ]);
  });

  test("an invoiced order is not forbidden; the fence names its invoice", async () => {
    const order = orderOf(1_000);
    const invoice = answerOf(await ask(IssueInvoice, order));
    expect(answerOf(await ask(CancelIssue, { orderId: order.orderId }))).toEqual({
      state: "already-done",
      invoice,
    });
    expect(await saidAbout(world, order.orderId)).toEqual([]);
  });

  test("a refused order can be forbidden", async () => {
    const order = orderOf(1_000, { paymentTerms: "CREDIT", creditLimitMinor: 0 });
    expect(await ask(IssueInvoice, order)).toMatchObject({ refusal: { code: "credit_limit_exceeded" } });
    expect(answerOf(await ask(CancelIssue, { orderId: order.orderId }))).toEqual({ state: "cancelled" });
    expect(await ask(IssueInvoice, order)).toMatchObject({ refusal: { code: "fenced" } });
  });

  test("issue and fence at the same time agree on one outcome for every order", async () => {
    const other = await startBilling(world);
    const asks = [ask, asking(other)];
    const before = await numbersOf("INV");
    const races = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const order = orderOf(1_000, {
          paymentTerms: "CREDIT",
          creditLimitMinor: n % 5 === 0 ? 0 : 1_000_000,
        });
        const [one, two] = n % 2 === 0 ? asks : [...asks].reverse();
        const [issued, fenced] = await Promise.all([
          one?.(IssueInvoice, order),
          two?.(CancelIssue, { orderId: order.orderId }),
        ]);
        return { order, issued, fenced };
      }),
    );
    await other.stop();
    for (const { issued, fenced } of races) {
      if (issued && "answer" in issued) {
        expect(fenced).toEqual({ answer: { state: "already-done", invoice: issued.answer } });
      } else {
        expect(fenced).toEqual({ answer: { state: "cancelled" } });
        expect(["fenced", "credit_limit_exceeded"]).toContain(
          issued && "refusal" in issued && issued.refusal.code,
        );
      }
    }
    const invoiced = races.filter(({ issued }) => issued && "answer" in issued).length;
    expect(await numbersOf("INV")).toBe(before + invoiced);
  });
});

test("a poison order in a batch is parked alone and leaves no gap", async () => {
  const before = await numbersOf("INV");
  const orders = Array.from({ length: 30 }, () => orderOf(1_000));
  const poison = orderOf(1_000);
  poison.lines = poison.lines.map((line) => ({ ...line, quantity: 2 }));
  const asked = orders.map((order) => ask(IssueInvoice, order));
  const failed = ask(IssueInvoice, poison).catch((error: Error) => error);
  const numbers = (await Promise.all(asked)).map((one) => Number(answerOf(one).number.slice(4)));
  expect(await failed).toBeInstanceOf(Error);
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => before + 1 + n));
  const letters = await world.sql<{ reason: string }>("select reason from billing.dead_letters");
  expect(letters.map(({ reason }) => reason.split("\n")[0])).toEqual([
    'Error: line "Widget A": 2 at 1000 is not 1000',
  ]);
});

test("the issuer is the actor's name, else its id", async () => {
  const byService = { kind: "service", id: "orders" } as const;
  const one = answerOf(await ask(IssueInvoice, orderOf(100), { actor: byService }));
  const two = answerOf(await ask(IssueInvoice, orderOf(100), { actor: admin }));
  expect(answerOf(await ask(GetInvoice, { id: one.invoiceId })).issuedBy).toBe("orders");
  expect(answerOf(await ask(GetInvoice, { id: two.invoiceId })).issuedBy).toBe("ada");
});

test("an invoice is not dated before the one in front of it, even when the machine's clock went back", async () => {
  await world.sql("update billing.document_series set last_issued_at = $1 where series = 'INV'", [
    "2100-01-01T00:00:00.123Z",
  ]);
  const issued = answerOf(await ask(IssueInvoice, orderOf(100)));
  expect(issued.issuedAt).toBe("2100-01-01T00:00:00.123Z");
});
