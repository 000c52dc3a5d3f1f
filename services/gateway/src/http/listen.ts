import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Express } from "express";
import { mayAnswerOn } from "./exchanges";
import { ownProblems, type StatusOf } from "./refusal-statuses";

/** How long clients may take, in milliseconds. */
export interface ConnectionLimits {
  /** To send the headers of a request. */
  readonly headersMs: number;
  /** To send a whole request, so that slow ones cannot hold connections for ever. */
  readonly requestMs: number;
  /** How often those two are looked at. */
  readonly checkEveryMs: number;
  /** To say goodbye, once something that is no request has been answered. Then the connection is cut. */
  readonly goodbyeMs: number;
  /** Between two requests. */
  readonly keepAliveMs: number;
  /** To hear with an answer that its connection ends, once we stop. Then those that nobody uses are closed. */
  readonly leaveMs: number;
}

export const connectionLimits: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  checkEveryMs: 2_000,
  goodbyeMs: 1_000,
  // Longer than the idle limit of common load balancers (60 s), which would else write into a closing connection.
  keepAliveMs: 75_000,
  leaveMs: 500,
};

export interface Listening {
  readonly port: number;
  /** Takes no new connections, lets requests under way finish until the limit, then cuts them off. */
  close(limitMs: number): Promise<void>;
}

/** Serves on the port (0: a free one) of the host, or of all interfaces. `admit` decides what reaches the application. */
export async function listen(
  app: Express,
  {
    port,
    host,
    admit,
    limits,
  }: {
    port: number;
    host?: string;
    admit: (app: RequestListener) => RequestListener;
    limits: ConnectionLimits;
  },
): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      keepAliveTimeout: limits.keepAliveMs,
      ...classesOf(app),
    },
    admit(app),
  );
  // A client that asks before it sends its body is asked for it only when the request is let in.
  const welcome = admit((request, response) => {
    response.writeContinue();
    app(request, response);
  });
  server.on("checkContinue", welcome);
  server.on("clientError", (error, socket) => refuse(error, socket, limits.goodbyeMs));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (limitMs) => close(server, limits.leaveMs, limitMs),
  };
}

/**
 * Requests and responses that are born with express' prototypes. It would give them to each by Object.setPrototypeOf, and
 * then V8 takes no two of them for alike: none of some 150 property accesses per request would hit its inline cache.
 */
function classesOf(app: Express) {
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage> extends ServerResponse<R> {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return { IncomingMessage: Request, ServerResponse: Response };
}

/**
 * A connection that is closed between two requests may have the next one on its way, and its client cannot know what became
 * of it. So whoever is busy is first told by an answer; answers close their connections by now.
 */
async function close(server: Server, leaveMs: number, limitMs: number): Promise<void> {
  const until = performance.now() + leaveMs;
  while (performance.now() < until && (await openConnections(server)) > 0) await wait(lookAgainMs);
  const cut = setTimeout(() => server.closeAllConnections(), limitMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cut);
}

const lookAgainMs = 20;

function openConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));
}

const refusals: Record<string, StatusOf & { code: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, title: "Request header fields too large", code: "header_too_large" },
  ERR_HTTP_REQUEST_TIMEOUT: { ...ownProblems.request_timeout, code: "request_timeout" },
};

/** What is no HTTP never reaches express; it gets a problem all the same, unless another request's answer is due there. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex, goodbyeMs: number): void {
  // It has had its answer, and goes on sending: it has until its goodbye is over.
  if (socket.writableEnded && !socket.destroyed) return;
  if (error.code === "ECONNRESET" || !socket.writable || !mayAnswerOn(socket)) {
    socket.destroy();
    return;
  }
  const found = refusals[error.code ?? ""] ?? { ...ownProblems.malformed_request, code: "malformed_request" };
  const { code, status, title } = found;
  const type = `urn:quartermaster:problem:${code.replaceAll("_", "-")}`;
  const body = JSON.stringify({
    type,
    title,
    status,
    detail: "The request is not readable HTTP/1.1.",
    code,
    errors: [],
  });
  const head = `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json`;
  // A request that is too late must not come in all the same, now that it is refused. What is no HTTP is not read any
  // more, but its connection stays a moment: cut at once, it would lose the answer while the client is still sending.
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => {
    if (code === "request_timeout") socket.destroy();
  });
  const cut = setTimeout(() => socket.destroy(), goodbyeMs);
  socket.once("close", () => clearTimeout(cut));
}
