import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { arrive } from "../src/open-load";

let server: Server;
let answer: (response: ServerResponse, nth: number) => void;
let received = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on("end", () => answer(response, received++));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());
beforeEach(() => {
  received = 0;
});

const write = (response: ServerResponse, status: number, headers: object = {}) =>
  response.writeHead(status, { "content-length": 2, ...headers }).end("{}");

const load = (more: { ratePerSecond: number; connections: number }) =>
  arrive({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: ["a", "b"],
    productIds: [1, 2, 3],
    seconds: 0.5,
    ...more,
  });

test("orders, refusals with and without Retry-After, other answers and lost connections are counted apart", async () => {
  answer = (response, nth) => {
    if (nth % 5 === 0) response.destroy();
    else if (nth % 5 === 1) write(response, 503, { "Retry-After": "2" });
    else if (nth % 5 === 2) write(response, 429);
    else if (nth % 5 === 3) write(response, 500);
    else write(response, 201);
  };
  const result = await load({ ratePerSecond: 400, connections: 50 });
  const fifth = received / 5;
  expect(result.offered).toBe(received);
  expect(result.offered + result.unsent).toBeGreaterThanOrEqual(195);
  const counted = [
    result.errors,
    result.refused / 2,
    result.refusedWithoutRetryAfter,
    result.placed + result.placedLater,
  ];
  for (const count of [...counted, result.others[500]])
    expect(Math.abs((count ?? 0) - fifth)).toBeLessThan(1);
});

test("arrivals do not wait for answers: who finds no free connection is counted, and late orders count apart", async () => {
  const held: ServerResponse[] = [];
  const answerAll = () => {
    for (const each of held) write(each, 201);
  };
  answer = (response) => {
    held.push(response);
    if (held.length === 4) setTimeout(answerAll, 700);
  };
  const result = await load({ ratePerSecond: 100, connections: 4 });
  expect([result.offered, result.placed, result.placedLater, result.errors]).toEqual([4, 0, 4, 0]);
  expect(result.unsent).toBeGreaterThan(40);
  expect(result.p50Ms).toBeGreaterThan(500);
});
