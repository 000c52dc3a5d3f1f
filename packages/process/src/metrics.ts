import { createServer, type Server } from "node:http";
import { collectDefaultMetrics, Registry } from "prom-client";

/** A process's own metrics registry with Node's default figures (event loop lag, memory, garbage collection). */
export function openMetrics(service: string, instance: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service, instance });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Serves /metrics, /health/live and /health/ready on all interfaces; port 0 takes a free one. */
export async function serveMetrics(parts: {
  port: number;
  registry: Registry;
  isReady: () => boolean;
}): Promise<Server> {
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string) =>
      response.writeHead(status, { "content-type": type }).end(body);
    if (request.url === "/metrics") {
      parts.registry.metrics().then(
        (text) => send(200, parts.registry.contentType, text),
        () => send(500, "text/plain", "metrics could not be collected\n"),
      );
    } else if (request.url === "/health/live") send(200, "application/json", '{"status":"live"}');
    else if (request.url === "/health/ready") {
      const ready = parts.isReady();
      send(ready ? 200 : 503, "application/json", `{"status":"${ready ? "ready" : "not ready"}"}`);
    } else send(404, "text/plain", "not found\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(parts.port, resolve);
  });
  server.unref();
  return server;
}
