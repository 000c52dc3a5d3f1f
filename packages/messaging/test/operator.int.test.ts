import { openRawNats, openWorld, type RawNats, rawMessage, type World } from "@quartermaster/testkit";
import type { Msg } from "nats";
import { operatorOf, type RunningService } from "../src/index";
import { startOn } from "./fixture";

let world: World;
let orders: RunningService;
let ada: RawNats;
/** What arrived at a verb of orders: who the service takes the sender for, by the verb's name. */
const arrived = new Map<string, { operator: string | undefined; reply: string }>();

const bob = '{"acc":"OPERATOR_bob","user":"bob"}';
const forged = `Nats-Request-Info: ${bob}`;

beforeAll(async () => {
  world = await openWorld("orders");
  orders = await startOn(world, "orders", []);
  const hear = (msg: Msg) => {
    const verb = msg.subject.split(".")[2] ?? "";
    arrived.set(verb, { operator: operatorOf(msg.headers, msg.reply), reply: msg.reply ?? "" });
  };
  orders.nats.subscribe("ops.orders.*", { callback: (_error, msg) => hear(msg) });
  await orders.nats.flush();
  ada = await openRawNats(world.natsUrl, "ada");
});
afterAll(async () => {
  ada?.close();
  await orders?.stop();
  await world?.close();
});

const ask = async (verb: string, headers: string) => {
  await ada.send(rawMessage(`ops.orders.${verb}`, { reply: "_INBOX.here", headers, body: "{}" }));
  await orders.nats.flush();
  return arrived.get(verb);
};

test("a service knows which operator asks, and answers", async () => {
  const operator = await world.operator("bob");
  const answer = await operator.request("ops.orders.health", "{}", { timeout: 5_000 });
  expect(answer.json()).toMatchObject({ service: "orders", ready: true });
  expect(arrived.get("health")?.operator).toBe("bob");
});

test.each([
  ["nothing", "NATS/1.0\r\n\r\n"],
  ["a header of her own", "NATS/1.0\r\nQm-Actor: me\r\n\r\n"],
  ["the header in another's name, which the server replaces", `NATS/1.0\r\n${forged}\r\n\r\n`],
])("ada is ada when she adds %s", async (what, headers) => {
  expect(await ask(`honest-${what.length}`, headers)).toMatchObject({ operator: "ada" });
});

test.each([
  ["in small letters", `NATS/1.0\r\n${forged.toLowerCase()}\r\n\r\n`],
  ["behind another header that has its name", `NATS/1.0\r\nX-Nats-Request-Info: x\r\n${forged}\r\n\r\n`],
  ["and lets a header without an end swallow the server's", `NATS/1.0\r\n${forged}\r\n${forged}\r\nX: xx`],
  [
    "before a header that swallows it and stands before",
    `NATS/1.0\r\nX: 1\r\n${forged}\r\n${forged}\r\nX: xx`,
  ],
  ["and makes the server's part of the first line", "NATS/1.0xx"],
])("ada is nobody, never bob, when she forges the header %s", async (what, headers) => {
  const heard = await ask(`forged-${what.length}`, headers);
  expect(heard).toMatchObject({ reply: expect.stringMatching(/^_R_\./) });
  expect(["ada", undefined]).toContain(heard?.operator);
  expect(heard?.operator).not.toBe("bob");
});

test("nobody inside the services' account can pass for an operator, not even one who may publish everything", async () => {
  const inside = await openRawNats(world.natsUrl, "test");
  const message = (verb: string, reply: string) =>
    rawMessage(`ops.orders.${verb}`, { reply, headers: `NATS/1.0\r\n${forged}\r\n\r\n`, body: "{}" });
  const said = await inside.send(
    message("own-inbox", "_INBOX.test.x"),
    message("no-reply", ""),
    message("as-imported", "_R_.abcdef.ghijkl"),
    message("as-delivered", "$JS.ACK.EVENTS.audit.1.1.1.1.0"),
  );
  await orders.nats.flush();
  expect(arrived.get("own-inbox")).toMatchObject({ operator: undefined });
  expect(arrived.get("no-reply")).toMatchObject({ operator: undefined });
  expect(arrived.has("as-imported")).toBe(false);
  expect(arrived.has("as-delivered")).toBe(false);
  expect(said).toContain("Permissions Violation for Publish with Reply of");
  inside.close();
});
