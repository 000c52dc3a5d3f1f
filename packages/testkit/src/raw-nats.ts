import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { testPassword } from "./postgres-address";

/**
 * A NATS connection that speaks the protocol itself: it may send what no client library lets through, and knows exactly
 * what the server refused. See docs.nats.io/reference/reference-protocols/nats-protocol.
 */
export interface RawNats {
  /** Sends these lines as they are. Returns all that the server has said, when it has taken the last of them. */
  send(...lines: string[]): Promise<string>;
  close(): void;
}

/** A message with headers, as it goes over the wire; the header block is taken as it is, correct or not. */
export function rawMessage(
  subject: string,
  parts: { reply?: string; headers: string; body: string },
): string {
  const { reply = "", headers, body } = parts;
  const sizes = `${headers.length} ${headers.length + body.length}`;
  return `HPUB ${subject} ${reply} ${sizes}\r\n${headers}${body}`;
}

/** Connects as a user of a world. */
export async function openRawNats(url: string, user: string): Promise<RawNats> {
  const { hostname, port } = new URL(url);
  const socket = connectTcp({ host: hostname, port: Number(port) });
  await once(socket, "data");
  let said = "";
  let more: () => void = () => undefined;
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
    more();
  });
  socket.on("close", () => more());
  const send = async (...lines: string[]) => {
    const before = pongs(said);
    socket.write([...lines, "PING", ""].join("\r\n"), "latin1");
    while (pongs(said) === before) {
      if (socket.closed) throw new Error("the server has closed the connection");
      await new Promise<void>((resolve) => {
        more = resolve;
      });
    }
    return said;
  };
  const login = { user, pass: testPassword(user), headers: true, no_responders: true, verbose: false };
  await send(`CONNECT ${JSON.stringify(login)}`);
  return { send, close: () => void socket.destroy() };
}

const pongs = (text: string) => text.split("PONG\r\n").length - 1;
