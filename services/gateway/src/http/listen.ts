import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Express } from "express";

/** A client has this long to send a whole request, so that slow ones cannot hold connections for ever. */
const requestTimeoutMs = 30_000;
/** Longer than the idle limit of common load balancers (60 s), which would else write into a closing connection. */
const keepAliveTimeoutMs = 75_000;

export interface Listening {
  readonly port: number;
  /** Takes no new connections, lets requests under way finish until the limit, then cuts them off. */
  close(limitMs: number): Promise<void>;
}

/** Serves on the port (0: a free one) of the host, or of all interfaces. `admit` decides what reaches the application. */
export async function listen(
  app: Express,
  { port, host, admit }: { port: number; host?: string; admit: (app: RequestListener) => RequestListener },
): Promise<Listening> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs, ...classesOf(app) },
    admit(app),
  );
  server.on("clientError", refuse);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: (limitMs) => close(server, limitMs) };
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

async function close(server: Server, limitMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), limitMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cut);
}

const refusals: Record<string, { status: number; title: string; code: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, title: "Request header fields too large", code: "header_too_large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, title: "Request timeout", code: "request_timeout" },
};

/** What is no HTTP never reaches express; it gets a problem all the same. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const found = refusals[error.code ?? ""] ?? {
    status: 400,
    title: "Malformed request",
    code: "malformed_request",
  };
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
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
