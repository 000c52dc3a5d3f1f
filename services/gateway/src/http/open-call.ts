import type { IncomingMessage, RequestListener } from "node:http";
import { newId } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import type { Request, RequestHandler, Response } from "express";
import { Histogram, type Registry } from "prom-client";
import { plainAddress } from "./addresses";
import { answerHeaders } from "./answer-headers";
import { type Call, requestIdOf } from "./call";
import type { CrossOrigin } from "./cors";
import { whenEnded } from "./exchanges";
import { shedding } from "./shed";

/** How many requests are under way, and whether the gateway still takes new ones. */
export interface Traffic {
  /** Without those of orchestrators and monitoring. */
  readonly inFlight: number;
  /** Refuses what is beyond the limit, and hands everything else on. */
  readonly admit: (next: RequestListener) => RequestListener;
  /** Gives every request an id, a log line and a place in the metrics. */
  readonly open: RequestHandler;
  /** From now on answers close their connections. */
  drain(): void;
}

// Orchestrators and monitoring have to get through when nobody else does: they have places of their own.
const probes = new Set(["/health/live", "/health/ready", "/metrics"]);
/** Several balancers and scrapers at once; each is answered within milliseconds. */
const probesMax = 20;
const bucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Places for requests under way. */
interface Places {
  taken: number;
  readonly max: number;
}

export function openTraffic(parts: {
  inFlightMax: number;
  crossOrigin: CrossOrigin | undefined;
  metrics: Registry;
  log: Logger;
}): Traffic {
  const { inFlightMax, log } = parts;
  const observe = durations(parts.metrics);
  // The line's fields are named below and hold no secrets. Looking for some in every line costs more than writing it.
  const lines = log.child({}, { redact: [] });
  const ofAll: Places = { taken: 0, max: inFlightMax };
  const ofProbes: Places = { taken: 0, max: probesMax };
  const placesFor = (request: IncomingMessage) => (isProbe(request) ? ofProbes : ofAll);
  let draining = false;

  const close = (request: Request, response: Response, call: Call) => {
    const ms = performance.now() - call.startedAt;
    observe(call.route, request.method, response.statusCode, ms / 1_000);
    if (response.statusCode === 200 && isProbe(request)) return;
    lines.info({
      requestId: call.requestId,
      method: request.method,
      route: call.route,
      path: request.path.slice(0, 200),
      status: response.statusCode,
      ms: Math.round(ms * 10) / 10,
      user: call.claims?.sub,
      ip: call.ip,
      aborted: response.writableFinished ? undefined : true,
    });
  };

  const shed = shedding({ inFlightMax, crossOrigin: parts.crossOrigin, log });

  return {
    get inFlight() {
      return ofAll.taken;
    },
    // Before Express: what is refused must cost next to nothing, or refusing takes the CPU that orders need.
    admit: (next) => (request, response) => {
      const { taken, max } = placesFor(request);
      if (taken < max) next(request, response);
      else observe("unknown", request.method ?? "", shed(request, response, draining), 0);
    },
    open: (request, response, next) => {
      const requestId = requestIdOf(request) ?? newId();
      const ip = plainAddress(request.ip ?? "unknown");
      const headers = answerHeaders(requestId);
      if (draining) headers.push("Connection", "close");
      const startedAt = performance.now();
      const call: Call = { requestId, ip, startedAt, route: "unknown", claims: undefined, headers };
      response.locals.call = call;
      const places = placesFor(request);
      places.taken += 1;
      whenEnded(request, response, () => {
        places.taken -= 1;
        close(request, response, call);
      });
      next();
    },
    drain: () => {
      draining = true;
    },
  };
}

function isProbe({ url = "/" }: IncomingMessage): boolean {
  // Asked of every request: most paths need not be cut out and looked up.
  if (!url.startsWith("/health/") && !url.startsWith("/metrics")) return false;
  const end = url.indexOf("?");
  return probes.has(end < 0 ? url : url.slice(0, end));
}

type Observe = (route: string, method: string, status: number, seconds: number) => void;

// Methods are the client's words: unknown ones share a label, or a stranger could fill the metrics.
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function durations(metrics: Registry): Observe {
  const histogram = new Histogram({
    name: "http_request_duration_seconds",
    help: "Requests by route, method and status",
    labelNames: ["route", "method", "status"],
    buckets: bucketsS,
    registers: [metrics],
  });
  const children = new Map<string, { observe(value: number): void }>();
  return (route, rawMethod, status, seconds) => {
    const method = methods.has(rawMethod) ? rawMethod : "other";
    const key = `${route} ${method} ${status}`;
    let child = children.get(key);
    if (!child) {
      child = histogram.labels({ route, method, status: String(status) });
      children.set(key, child);
    }
    child.observe(seconds);
  };
}
