import type { Meta } from "@quartermaster/contracts";
import { headers } from "nats";
import { headerLines, metaHeaders, readMeta } from "./headers";

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
