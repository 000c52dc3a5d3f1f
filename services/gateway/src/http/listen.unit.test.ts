import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { eventually, silentLog } from "@quartermaster/testkit";
import express, { type Response } from "express";
import { Registry } from "prom-client";
import { crossOriginFor } from "./cors";
import { errorHandler } from "./error-handler";
import { type ConnectionLimits, connectionLimits, type Listening, listen } from "./listen";
import { openTraffic, type Traffic } from "./open-call";
import { bodyReader } from "./read-body";

const placesMax = 3;
let opened: { listening: Listening; sockets: Socket[] }[] = [];

afterEach(async () => {
  for (const { listening, sockets } of opened) {
    for (const socket of sockets) socket.destroy();
    await listening.close(100);
  }
  opened = [];
});

/** The gateway's HTTP side with three places, and an application whose answers wait until the test lets them go. */
async function openHttp(limits: Partial<ConnectionLimits> = {}) {
  const crossOrigin = crossOriginFor("https://shop.example");
  const parts = { inFlightMax: placesMax, crossOrigin, metrics: new Registry(), log: silentLog };
  const traffic = openTraffic(parts);
  const read = bodyReader({ bytesMax: 1_000, strangerMs: 50 });
  const held: Response[] = [];
  const app = express();
  app.use(traffic.open);
  app.get("/held", (_request, response) => void held.push(response));
  app.get("/quick", (_request, response) => {
    response.writeHead(200, response.locals.call.headers).end("{}");
  });
  app.get("/metrics", (_request, response) => void held.push(response));
  app.post("/:from", async (request, response) => {
    response.end(JSON.stringify(await read(request, request.params.from as "user" | "stranger")));
  });
  app.use(errorHandler(silentLog));
  const listening = await listen(app, {
    port: 0,
    host: "127.0.0.1",
    admit: traffic.admit,
    limits: { ...connectionLimits, ...limits },
  });
  const sockets: Socket[] = [];
  opened.push({ listening, sockets });
  return { ...talker(listening.port, sockets), listening, traffic, held };
}

function talker(port: number, sockets: Socket[]) {
  /** A client that never closes its own side. */
  const say = async (request: string) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    sockets.push(socket);
    const heard = { text: "" };
    socket.on("data", (data) => {
      heard.text += data;
    });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(request);
    return { socket, heard };
  };
  const answer = async (request: string) => {
    const { heard } = await say(request);
    await eventually(async () => heard.text.includes("\r\n\r\n"), { withinMs: 5_000 });
    return heard.text;
  };
  return { say, answer };
}

const get = (path: string, ...headers: string[]) => asked(`GET ${path} HTTP/1.1`, ...headers);
const post = (path: string, length: number, ...headers: string[]) =>
  asked(`POST ${path} HTTP/1.1`, "Content-Type: application/json", `Content-Length: ${length}`, ...headers);
const asked = (...lines: string[]) => [...lines, "Host: here", "", ""].join("\r\n");
/** A server that only closed its own side would go on to take what the client sends. */
async function cut(socket: Socket) {
  await eventually(async () => socket.readableEnded || socket.destroyed, { withinMs: 5_000 });
  await eventually(async () => socket.destroyed || void socket.write(" "), { withinMs: 5_000 });
}
const full = (traffic: Traffic) =>
  eventually(async () => traffic.inFlight === placesMax, { withinMs: 5_000 });
const empty = (traffic: Traffic) => eventually(async () => traffic.inFlight === 0, { withinMs: 5_000 });

test("requests and responses are made with express' prototypes, which it then need not set", async () => {
  const app = express();
  app.get("/", (request, response) => {
    const made = [request, response].map((one) => one.constructor.prototype);
    response.json({ request: made[0] === app.request, response: made[1] === app.response });
  });
  const listening = await listen(app, {
    port: 0,
    host: "127.0.0.1",
    admit: (all) => all,
    limits: connectionLimits,
  });
  const answer = await fetch(`http://127.0.0.1:${listening.port}/`);
  expect(await answer.json()).toEqual({ request: true, response: true });
  await listening.close(1_000);
});

test("requests that were sent behind each other give their places back when their client goes away", async () => {
  const { say, traffic } = await openHttp();
  const { socket } = await say(get("/held") + get("/held") + get("/held"));
  await full(traffic);
  socket.destroy();
  await empty(traffic);
});

const quick = { headersMs: 100, requestMs: 100, checkEveryMs: 20, goodbyeMs: 50 };

test.each([
  ["a body that does not come", `${post("/user", 10)}{`, "408 Request timeout"],
  ["headers that do not end", "GET /held HTTP/1.1\r\nHost: here\r\n", "408 Request timeout"],
  ["what is no HTTP", "GARBAGE\r\n\r\n", "400 Malformed request"],
])("after %s the connection is cut, though its client does not close it", async (_what, text, status) => {
  const { say, traffic } = await openHttp(quick);
  const { socket, heard } = await say(text);
  await cut(socket);
  expect(heard.text).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n`));
  await empty(traffic);
});

test("a stranger has less time for a body than somebody with a token", async () => {
  const { say, answer, traffic } = await openHttp();
  const user = await say(`${post("/user", 2)}{`);
  const refused = await answer(`${post("/stranger", 2)}{`);
  expect(refused).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  expect(refused).toMatch(/\r\nConnection: close\r\n/);
  await eventually(async () => traffic.inFlight === 1, { withinMs: 5_000 });
  user.socket.write("}");
  await eventually(async () => user.heard.text.startsWith("HTTP/1.1 200"), { withinMs: 5_000 });
});

test("what is no HTTP behind a request is not taken for the answer to that request", async () => {
  const { say, traffic } = await openHttp();
  const { socket, heard } = await say(`${get("/held")}GARBAGE\r\n\r\n`);
  await cut(socket);
  expect(heard.text).toBe("");
  await empty(traffic);
});

test("a client that asks before it sends its body is asked for it only where there is a place", async () => {
  const { say, answer, traffic } = await openHttp();
  const expecting = post("/user", 2, "Expect: 100-continue");
  const welcome = await say(expecting);
  await eventually(async () => welcome.heard.text !== "", { withinMs: 5_000 });
  expect(welcome.heard.text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  await say(get("/held") + get("/held"));
  await full(traffic);
  const refused = await say(expecting);
  await cut(refused.socket);
  expect(refused.heard.text).toMatch(/^HTTP\/1.1 503 /);
  expect(await answer(get("/held"))).not.toMatch(/Connection: close/);
  welcome.socket.write("{}");
  await eventually(async () => welcome.heard.text.includes("HTTP/1.1 200"), { withinMs: 5_000 });
});

test("pages of other origins may see that the gateway is full; their browsers' questions before it are answered", async () => {
  const { say, answer, traffic } = await openHttp();
  await say(get("/held") + get("/held") + get("/held"));
  await full(traffic);
  const refused = await answer(get("/held", "Origin: https://shop.example"));
  expect(refused).toMatch(/^HTTP\/1.1 503 /);
  expect(refused).toMatch(/\r\nAccess-Control-Allow-Origin: https:\/\/shop.example\r\n/);
  expect(refused).toMatch(/\r\nAccess-Control-Expose-Headers: .*Retry-After/);
  const preflight = asked(
    "OPTIONS /orders HTTP/1.1",
    "Origin: https://shop.example",
    "Access-Control-Request-Method: POST",
  );
  expect(await answer(preflight)).toMatch(/^HTTP\/1.1 204 /);
  expect(await answer(get("/held", "Origin: https://other.example"))).not.toMatch(
    /Allow-Origin: https:..other/,
  );
});

test("health and metrics have places of their own, and no more than twenty", async () => {
  const { say, answer, traffic, held } = await openHttp();
  await say(get("/held") + get("/held") + get("/held"));
  await full(traffic);
  for (let n = 0; n < 20; n += 1) await say(get("/metrics"));
  await eventually(async () => held.length === 23, { withinMs: 5_000 });
  expect(traffic.inFlight).toBe(3);
  expect(await answer(get("/metrics"))).toMatch(/^HTTP\/1.1 503 /);
  for (const one of held) one.end();
  await empty(traffic);
  const probe = await say(get("/metrics"));
  await eventually(async () => held.length === 24, { withinMs: 5_000 });
  held.at(-1)?.end();
  await eventually(async () => probe.heard.text.startsWith("HTTP/1.1 200"), { withinMs: 5_000 });
});

test("a busy client hears with an answer that its connection ends, before it does", async () => {
  const { listening, traffic } = await openHttp();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const heard: (string | undefined)[] = [];
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const asking = request({ port: listening.port, path: "/quick", agent }, (answer) => {
        heard.push(answer.headers.connection);
        answer.resume().once("end", resolve);
      });
      asking.once("error", reject).end();
    });
  const busy = (async () => {
    for (;;) {
      await ask();
      await new Promise(setImmediate);
    }
  })().catch((error: NodeJS.ErrnoException) => error.code);
  await eventually(async () => heard.length >= 5, { withinMs: 5_000 });
  expect(heard).not.toContain("close");
  traffic.drain();
  await listening.close(1_000);
  expect(await busy).toBe("ECONNREFUSED");
  expect(heard.at(-1)).toBe("close");
  agent.destroy();
});
