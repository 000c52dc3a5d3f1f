import type { Meta } from "@quartermaster/contracts";
import { headers } from "nats";
import { headerLines, metaHeaders, readMeta, readRequestMeta } from "./headers";

test("a name beyond ASCII comes back whole, and the header line stays ASCII", () => {
  const meta: Meta = {
    actor: { kind: "user", id: "u-1", name: "Zoë 山田 \r\nX: y", role: "SALES", customerId: undefined },
    requestId: "r-1",
    causation: "c-1",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const fields = metaHeaders(meta);
  expect(fields["Qm-Actor"]).not.toMatch(/[^\x20-\x7e]/);
  const about = headers();
  for (const [name, value] of Object.entries(fields)) about.set(name, value);
  expect(readMeta(about)).toEqual(meta);
});

test("a message without a readable actor is anonymous", () => {
  const anonymous = {
    actor: { kind: "anonymous", id: "anonymous" },
    requestId: null,
    causation: null,
    traceparent: null,
  };
  expect(readMeta(undefined)).toEqual(anonymous);
  for (const actor of ["{", '{"kind":"user"}', '{"kind":"root","id":"1"}', '"ADMIN"']) {
    const about = headers();
    about.set("Qm-Actor", actor);
    expect(readMeta(about)).toEqual(anonymous);
  }
});

test("a value of two lines cannot smuggle a header in", () => {
  expect(() => headerLines({ "Qm-Request-Id": "r-1\r\nQm-Actor: {}" })).toThrow("more than one line");
});

test("what an operator's headers bring in is short and plain, or left out", () => {
  const metaOf = (value: string) => {
    const about = headers();
    for (const name of ["Qm-Request-Id", "Qm-Causation", "traceparent"]) about.set(name, value);
    const { requestId, causation, traceparent } = readRequestMeta({ headers: about, reply: "_R_.a.b" });
    return [requestId, causation, traceparent];
  };
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(metaOf(trace)).toEqual([trace, trace, trace]);
  expect(metaOf("a".repeat(128))).toEqual(Array(3).fill("a".repeat(128)));
  for (const value of ["a".repeat(129), "two words", "caf\u00e9", '{"a":1}'])
    expect(metaOf(value)).toEqual([null, null, null]);
});
