import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNats } from "@quartermaster/servers";
import { eventually } from "@quartermaster/testkit";
import { connect, type NatsConnection } from "nats";
import { type NatsProxy, openProxy } from "../src/proxy/nats-proxy";
import { randomOf } from "../src/random";
import { openRecorder } from "../src/report/recorder";

let folder: string;
let server: NatsServer;
let proxy: NatsProxy;
let speaker: NatsConnection;
let listener: NatsConnection;
const record = openRecorder();
const fair = { dropped: 0, doubled: 0, delayed: 0, reordered: 0, delayMsMax: 1 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quartermaster-proxy-"));
  server = await startNats({ storeFolder: folder, removeOnAbandon: folder });
  proxy = await openProxy(server.port, randomOf(1), record);
  speaker = await connect({ servers: proxy.url });
  // Straight to the server, so that only the speaker's way is under the weather.
  listener = await connect({ servers: server.url });
});
afterAll(async () => {
  await speaker?.close();
  await listener?.close();
  await proxy?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Says these words under this weather; what had been heard when a last word, said in fair weather, arrived. */
async function heardOf(words: readonly string[], weather: Partial<typeof fair>): Promise<string[]> {
  const heard: string[] = [];
  const subscription = listener.subscribe("words", {
    callback: (_error, msg) => void heard.push(msg.string()),
  });
  await listener.flush();
  proxy.weather({ ...fair, ...weather });
  for (const word of words) speaker.publish("words", word);
  // A flush is a ping and no message: the weather lets it pass, and behind it all that was not held back.
  await speaker.flush();
  proxy.weather(undefined);
  speaker.publish("words", "the end");
  await eventually(async () => heard.includes("the end"), { withinMs: 5_000 });
  subscription.unsubscribe();
  return heard;
}

test("in fair weather everything passes as it was", async () => {
  expect(await heardOf(["one", "two"], {})).toEqual(["one", "two", "the end"]);
});

test("messages are doubled, dropped and overtaken", async () => {
  expect(await heardOf(["one", "two"], { doubled: 1 })).toEqual(["one", "one", "two", "two", "the end"]);
  expect(await heardOf(["one", "two"], { dropped: 1 })).toEqual(["the end"]);
  expect(record.report().counts).toMatchObject({ "messages doubled": 2, "messages dropped": 2 });
});

test("what is held back passes when it is released, and only what matches is held", async () => {
  const heard: string[] = [];
  listener.subscribe("held.>", { callback: (_error, msg) => void heard.push(msg.subject) });
  await listener.flush();
  const held = proxy.hold(/^held\.one$/, 1);
  for (const subject of ["held.one", "held.two", "held.one"]) speaker.publish(subject);
  await eventually(async () => heard.length === 2, { withinMs: 5_000 });
  expect([heard, held.count]).toEqual([["held.two", "held.one"], 1]);
  held.release();
  await eventually(async () => heard.length === 3, { withinMs: 5_000 });
});
