import { meaningOf } from "./operation";

const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}) => ({
  status,
  body,
  headers,
});

test("an order that was placed is settled, with its id", () => {
  expect(meaningOf("place", answer(201, { id: "o-1", status: "PENDING" }))).toEqual({
    kind: "settled",
    outcome: "placed",
    orderId: "o-1",
  });
});

test("a refusal that is due is settled; one that is not is a surprise", () => {
  expect(meaningOf("place", answer(400, { code: "insufficient_stock", order_id: "o-1" }))).toEqual({
    kind: "settled",
    outcome: "refused",
    code: "insufficient_stock",
    orderId: "o-1",
  });
  expect(meaningOf("place", answer(400, { code: "bad_request" }))).toMatchObject({ kind: "surprise" });
  expect(meaningOf("place", answer(500, { code: "internal" }))).toMatchObject({ kind: "surprise" });
});

test("no answer, 202 and 503 are asked again, when the platform says so", () => {
  expect(meaningOf("place", answer(0))).toEqual({ kind: "later", retryAfterMs: 250 });
  expect(meaningOf("place", answer(202))).toEqual({ kind: "later", retryAfterMs: 250 });
  expect(meaningOf("cancel", answer(503, {}, { "retry-after": "2" }))).toEqual({
    kind: "later",
    retryAfterMs: 2_000,
  });
});
