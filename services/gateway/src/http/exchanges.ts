import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly ended: () => void;
}

/** What is under way on each connection, the oldest first: a client may send requests before it has the answers. */
const underWay = new WeakMap<Duplex, Set<Exchange>>();

/**
 * Calls `ended` once: when the answer is out, or when its connection is gone. An answer that waits behind another one is
 * not told by Node that their connection broke, so the connection tells it to all.
 */
export function whenEnded(request: IncomingMessage, response: ServerResponse, ended: () => void): void {
  const exchange: Exchange = { request, response, ended };
  const others = onConnection(request.socket);
  others.add(exchange);
  response.on("close", () => end(others, exchange));
}

function onConnection(socket: Duplex): Set<Exchange> {
  const known = underWay.get(socket);
  if (known) return known;
  const exchanges = new Set<Exchange>();
  underWay.set(socket, exchanges);
  socket.on("close", () => {
    for (const exchange of exchanges) end(exchanges, exchange);
  });
  return exchanges;
}

function end(exchanges: Set<Exchange>, exchange: Exchange): void {
  if (exchanges.delete(exchange)) exchange.ended();
}

/**
 * Whether what is wrong on a connection may be answered there: not while the answer to another request is due, because the
 * client would take the one for the other.
 */
export function mayAnswerOn(socket: Duplex): boolean {
  const [oldest, ...others] = underWay.get(socket) ?? [];
  if (!oldest) return true;
  return others.length === 0 && !oldest.request.complete && !oldest.response.headersSent;
}
