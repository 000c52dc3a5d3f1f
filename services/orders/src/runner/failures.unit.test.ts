import { ReleaseStock, ReserveStock } from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import type { Phase, Sending } from "../sagas/engine/state";
import type { SagaRow } from "../store/sagas";
import { Failures } from "./failures";

const meta = {
  actor: { kind: "anonymous" as const, id: "x" },
  requestId: null,
  causation: null,
  traceparent: null,
};

function rowOf(id: string, attempts = 1, phase: Phase = "FORWARD"): SagaRow {
  const times = { since: 0, sentAt: 0, dueAt: 0 };
  const none = { reason: null, failure: null, anew: null, data: null };
  const state = { id, version: 1, phase, step: 1, attempts, ...times, ...none };
  return { name: "place-order", orderId: id, meta, waiting: [], createdAt: 0, state };
}
const reserving: Sending = { step: 1, call: "do", n: 4, contract: ReserveStock, ask: {} };
const releasing: Sending = { step: 1, call: "undo", n: 5, contract: ReleaseStock, ask: {} };
const refused = (code: "insufficient_stock" | "message_too_old") => ({
  refusal: { code, message: "no", details: {} },
});

test("when it is full the oldest is forgotten, and what fails now is still remembered", () => {
  const failures = new Failures(2);
  const [one, two, three] = [rowOf(newId()), rowOf(newId()), rowOf(newId())];
  failures.keep(one, reserving, "first");
  failures.keep(two, reserving, "second");
  failures.keep(one, reserving, "first again");
  failures.keep(three, reserving, "third");
  expect([one, two, three].map((row) => failures.take(row))).toEqual(["first again", undefined, "third"]);
  expect(failures.take(one)).toBeUndefined();
});

test("a receiver's decision is no failure; a refusal that decides nothing is one", () => {
  const failures = new Failures();
  const row = rowOf(newId());
  failures.keep(row, reserving, "no answer");
  failures.heard(row, reserving, refused("insufficient_stock"));
  expect(failures.take(row)).toBeUndefined();
  failures.heard(row, reserving, refused("message_too_old"));
  expect(failures.take(row)).toBe("refused: message_too_old");
  const back = rowOf(newId(), 1, "BACK");
  failures.heard(back, releasing, refused("message_too_old"));
  expect(failures.take(back)).toBe("refused: message_too_old");
});

test("the failure of an attempt that another instance has repeated since is not told", () => {
  const failures = new Failures();
  const id = newId();
  failures.keep(rowOf(id, 2), reserving, "no answer");
  expect(failures.take(rowOf(id, 3))).toBeUndefined();
  failures.keep(rowOf(id, 3), reserving, "no answer");
  expect(failures.take(rowOf(id, 3))).toBe("no answer");
});
