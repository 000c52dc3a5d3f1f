import {
  type AnswerOf,
  type Asker,
  type EventBody,
  GetOrder,
  type Heard,
  ListProducts,
  type Meta,
  OrderPlaced,
  PlaceOrder,
  RefreshToken,
  ReleaseStock,
  ReserveStock,
  UserRegistered,
} from "../index";
import { golden, type InMemory, inMemory, UnlawfulMessage } from "./index";

const meta: Meta = {
  actor: { kind: "service", id: "shop" },
  requestId: null,
  causation: null,
  traceparent: null,
};
const how = { meta, timeoutMs: 1_000 };
const id = "0199f2c0-0000-7000-8000-0000000000aa";
const [reserving] = golden(ReserveStock);
const orderId = reserving.ask.orderId;
const held = reserving.answer as AnswerOf<typeof ReserveStock>;

let platform: InMemory;
beforeEach(() => {
  platform = inMemory();
});

const reserve = (from: Asker = platform) => from.ask(ReserveStock, reserving.ask, { ...how, id });

test("a provider answers what the test says, and what was asked is recorded with id and actor", async () => {
  platform.given(GetOrder).refuses("not_found");
  platform.given(ReserveStock).answers(held);
  expect(await reserve()).toEqual({ answer: held });
  expect(platform.asked(ReserveStock)).toEqual([
    { contract: ReserveStock, ask: reserving.ask, id, meta, waitMs: undefined },
  ]);
  expect(platform.asked(ReleaseStock)).toEqual([]);
});

test("golden examples answer and refuse, found by their sentence", async () => {
  platform.given(ReserveStock).followsExample();
  expect(await reserve()).toEqual({ answer: reserving.answer });
  const other = inMemory();
  other.given(ReserveStock).followsExample("One line is short: nothing is held.");
  expect(await reserve(other)).toMatchObject({
    refusal: { code: "insufficient_stock", details: { lines: [{ productId: 12, available: 94 }] } },
  });
  expect(() => platform.given(ReserveStock).followsExample("It rains.")).toThrow(
    /inventory.reserve-stock.v1 has no example "It rains.", only "Every line is held/,
  );
});

test("an answer can be made of what was asked, as the provider reads it", async () => {
  platform.given(ListProducts).answers((ask) => ({ data: [], next: String(ask.limit) }));
  const answered = await platform.ask(ListProducts, {} as never, how);
  expect(answered).toEqual({ answer: { data: [], next: "50" } });
});

test("lines are played in order, and the last one stays", async () => {
  platform.given(GetOrder).fails("timeout").refuses("not_found").fails("defect");
  const ask = () => platform.ask(GetOrder, { id: orderId }, how);
  await expect(ask()).rejects.toMatchObject({ name: "Fault", kind: "timeout" });
  expect(await ask()).toMatchObject({ refusal: { code: "not_found", message: "There is no such record." } });
  await expect(ask()).rejects.toMatchObject({ name: "Defect" });
  await expect(ask()).rejects.toMatchObject({ name: "Defect" });
  platform.given(GetOrder).refuses("forbidden");
  expect(await ask()).toMatchObject({ refusal: { code: "forbidden" } });
});

test("a command sent again under its id gets the first answer, under another id the next line", async () => {
  platform.given(ReserveStock).fails("timeout").followsExample().refuses("fenced");
  await expect(reserve()).rejects.toMatchObject({ kind: "timeout" });
  expect(await reserve()).toEqual({ answer: reserving.answer });
  expect(await reserve()).toEqual({ answer: reserving.answer });
  expect(await platform.ask(ReserveStock, reserving.ask, how)).toMatchObject({ refusal: { code: "fenced" } });
  expect(platform.asked(ReserveStock).map((one) => one.id)).toEqual([
    id,
    id,
    id,
    "00000000-0000-7000-8000-000000000004",
  ]);
});

test("a refusal is remembered like an answer; what is accepted is decided later; a secret answer is never stored", async () => {
  platform.given(ReserveStock).refuses("fenced").followsExample();
  expect(await reserve()).toMatchObject({ refusal: { code: "fenced" } });
  expect(await reserve()).toMatchObject({ refusal: { code: "fenced" } });
  const [placing] = golden(PlaceOrder);
  platform.given(PlaceOrder).accepts().followsExample();
  expect(await platform.ask(PlaceOrder, placing.ask, { ...how, id })).toEqual({ accepted: true });
  expect(await platform.ask(PlaceOrder, placing.ask, { ...how, id })).toEqual({ answer: placing.answer });
  platform.given(RefreshToken).followsExample().refuses("invalid_refresh_token");
  const refresh = () => platform.ask(RefreshToken, { refreshToken: "r" }, { ...how, id });
  expect(await refresh()).toHaveProperty("answer");
  expect(await refresh()).toHaveProperty("refusal");
});

test("a message that is wrong in itself is refused before anything is decided: its id may be used again", async () => {
  platform.given(ReserveStock).refuses("bad_request").refuses("message_too_old").followsExample();
  expect(await reserve()).toMatchObject({ refusal: { code: "bad_request" } });
  expect(await reserve()).toMatchObject({ refusal: { code: "message_too_old" } });
  expect(await reserve()).toEqual({ answer: reserving.answer });
});

test("who is asked without having been given anything is not there", async () => {
  await expect(reserve()).rejects.toMatchObject({ name: "Fault", kind: "no-responders" });
});

test("what an answer shares with the test is not changed by who reads it", async () => {
  platform.given(GetOrder).followsExample();
  const first = await platform.ask(GetOrder, { id: orderId }, how);
  if (!("answer" in first)) throw new Error("not answered");
  first.answer.items.length = 0;
  expect(await platform.ask(GetOrder, { id: orderId }, how)).not.toEqual(first);
});

describe("an unlawful message throws, and says where", () => {
  test("what is asked", async () => {
    platform.given(ReserveStock).followsExample();
    const wrong = { ...reserving.ask, lines: [{ productId: 12, quantity: 0 }] };
    await expect(platform.ask(ReserveStock, wrong, how)).rejects.toThrow(
      "what was asked of cmd.inventory.reserve-stock.v1 breaks its contract: lines.0.quantity: Too small: expected number to be >=1",
    );
    expect(platform.asked()).toEqual([]);
  });

  test("a misspelt field, which a receiver would quietly leave out", async () => {
    const misspelt = { items: [{ productId: 1, quantity: 1 }], note: "ring twice" };
    await expect(platform.ask(PlaceOrder, misspelt as never, how)).rejects.toThrow(
      "what was asked of cmd.orders.place-order.v1 breaks its contract: note: the contract has no such field",
    );
  });

  test("an answer, at once or when it is made", async () => {
    expect(() => platform.given(ReserveStock).answers({ lines: [{}] } as never)).toThrow(UnlawfulMessage);
    platform.given(ReserveStock).answers(() => ({}) as never);
    await expect(reserve()).rejects.toThrow(
      "the answer to cmd.inventory.reserve-stock.v1 breaks its contract: lines: Invalid input: expected array, received undefined",
    );
  });

  test("a refusal that the contract does not name", () => {
    expect(() => platform.given(GetOrder).refuses("sku_taken" as never)).toThrow(
      "qry.orders.order.v1 is never refused with sku_taken, only with not_found, forbidden, bad_request",
    );
    expect(() => platform.given(GetOrder).accepts()).toThrow(/reads, so there is nothing to accept/);
  });

  test("an id or an actor that no service would take, and what is no JSON", async () => {
    await expect(platform.ask(GetOrder, { id: orderId }, { ...how, id: "1" })).rejects.toThrow(/Nats-Msg-Id/);
    const nobody = { ...meta, actor: { kind: "ghost" as never, id: "x" } };
    await expect(platform.ask(GetOrder, { id: orderId }, { ...how, meta: nobody })).rejects.toThrow(
      /the Qm-Actor of qry.orders.order.v1 breaks its contract: kind/,
    );
    const ring: Record<string, unknown> = {};
    ring.id = ring;
    await expect(platform.ask(GetOrder, ring as never, how)).rejects.toThrow(/is not JSON/);
  });

  test("an event", () => {
    const body = { ...golden(OrderPlaced)[0].body, version: -1 };
    expect(() => platform.event(OrderPlaced, body)).toThrow(
      "the body of evt.orders.order-placed.v1 breaks its contract: version: Too small: expected number to be >=0",
    );
  });
});

describe("events", () => {
  const [{ body }] = golden(UserRegistered);
  const versioned = (version: number): EventBody<never> => ({ ...body, version }) as never;

  test("reach whoever hears them, numbered by their source without a hole", async () => {
    const heard: unknown[] = [];
    platform.hear(UserRegistered, (event) => void heard.push([event.seq, event.body.new?.email]));
    platform.hearEvery((event) => void heard.push([event.source, event.seq]));
    await platform.publish(UserRegistered, body);
    await platform.publish(OrderPlaced, golden(OrderPlaced)[0].body);
    await platform.publish(UserRegistered, versioned(2));
    const email = body.new?.email;
    expect(heard).toEqual([
      [1, email],
      ["identity", 1],
      ["orders", 1],
      [2, email],
      ["identity", 2],
    ]);
  });

  test("can be lost, repeated and reordered", async () => {
    const heard: number[] = [];
    platform.hear(UserRegistered, async (event) => void heard.push(event.body.version));
    const [first, , third] = [1, 2, 3].map((n) => platform.event(UserRegistered, versioned(n)));
    await platform.deliver(third as Heard, first as Heard, third as Heard);
    expect(heard).toEqual([3, 1, 3]);
  });

  test("carry the origin that the test gives them", async () => {
    const origin = { meta: { ...meta, requestId: "r-1" }, at: "2026-05-01T00:00:00.000Z" };
    expect(await platform.publish(UserRegistered, body, origin)).toEqual({
      source: "identity",
      epoch: 1,
      seq: 1,
      name: "identity.user-registered.v1",
      ...origin,
      body,
    });
  });

  test("that a handler fails on fail the test", async () => {
    platform.hearEvery(() => Promise.reject(new Error("cannot digest")));
    await expect(platform.publish(UserRegistered, body)).rejects.toThrow("cannot digest");
  });
});
