import { createServer } from "node:net";
import { poll } from "./poll";

/**
 * The wanted port when nothing listens on it, else a free one. Free ones lie below the range from which systems take the
 * ports of outgoing connections, so that a server can be started on the same port again.
 */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Error("No free port was found between 20000 and 29999.");
}

/** The given port as soon as it is free, for a server that comes back; without one any free port. */
export async function claimPort(port?: number, withinMs = 10_000): Promise<number> {
  if (port === undefined) return freePort();
  const free = await poll(() => isFree(port), withinMs, 50);
  if (free === undefined) throw new Error(`Port ${port} is taken by another program.`);
  return port;
}

/** Whether a server could listen on 127.0.0.1 and on all addresses. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, "127.0.0.1")) && (await canListen(port));
}

function canListen(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
