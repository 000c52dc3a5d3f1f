import { FrameReader } from "./frames";

const wire =
  'INFO {"server_id":"x"}\r\nCONNECT {"verbose":false}\r\nPING\r\nPONG\r\n+OK\r\nSUB evt.> 1\r\n' +
  "PUB cmd.orders.place-order.v1 _INBOX.1 5\r\nhe\r\no\r\n" +
  "HPUB evt.orders.order-placed.v1 12 17\r\nNATS/1.0\r\n\r\nhello\r\n" +
  "MSG cmd.orders.place-order.v1 9 _INBOX.1 0\r\n\r\n" +
  "HMSG evt.a 2 reply 12 12\r\nNATS/1.0\r\n\r\n\r\n";
const expected: [string, string | undefined][] = [
  ["INFO", undefined],
  ["CONNECT", undefined],
  ["PING", undefined],
  ["PONG", undefined],
  ["+OK", undefined],
  ["SUB", undefined],
  ["PUB", "cmd.orders.place-order.v1"],
  ["HPUB", "evt.orders.order-placed.v1"],
  ["MSG", "cmd.orders.place-order.v1"],
  ["HMSG", "evt.a"],
];

test.each([1, 2, 3, 7, 64, 10_000])(
  "frames are the same however the bytes are spread: chunks of %i",
  (size) => {
    const reader = new FrameReader();
    const bytes = Buffer.from(wire, "latin1");
    const frames = [];
    for (let at = 0; at < bytes.length; at += size)
      frames.push(...reader.push(bytes.subarray(at, at + size)));
    expect(frames.map(({ verb, subject }) => [verb, subject])).toEqual(expected);
    expect(Buffer.concat(frames.map((frame) => frame.bytes)).toString("latin1")).toBe(wire);
  },
);

test("half a frame waits for its other half", () => {
  const reader = new FrameReader();
  expect(reader.push(Buffer.from("PUB a 5\r\nhel"))).toEqual([]);
  expect(reader.push(Buffer.from("lo\r\n")).map(({ subject }) => subject)).toEqual(["a"]);
});

test("what is no NATS is not passed on in silence", () => {
  expect(() => new FrameReader().push(Buffer.from("PUB a many\r\n"))).toThrow("this is no NATS");
  expect(() => new FrameReader().push(Buffer.alloc(70_000, "x"))).toThrow("this is no NATS");
});
