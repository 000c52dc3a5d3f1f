import type { IncomingMessage, ServerResponse } from "node:http";
import { newId } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import { answerHeaders } from "./answer-headers";
import { requestIdOf } from "./call";
import type { CrossOrigin } from "./cors";
import { problem } from "./problem";

/** Refuses one request, and closes its connection where that is asked for. Answers with the status. */
export type Shed = (request: IncomingMessage, response: ServerResponse, close: boolean) => number;

const reportEveryMs = 1_000;

/**
 * Refuses what is beyond the limit of requests under way: 503 with Retry-After, written at once, without routing, without
 * an error that is thrown, and without a log line of its own. While requests are refused, one line a second says how
 * many: a flood must not become one of the log (docs/decisions/0023). A browser shows its page the 503 only when it may,
 * and asks so before: that question is answered all the same.
 */
export function shedding(parts: {
  inFlightMax: number;
  crossOrigin: CrossOrigin | undefined;
  log: Logger;
}): Shed {
  const { inFlightMax, crossOrigin, log } = parts;
  const detail = "Too many requests are under way; nothing was accepted. Try again shortly.";
  const overloaded = problem("overloaded", detail);
  const fixed = Object.entries(overloaded.headers).flat();
  let refused = 0;
  const report = () => {
    log.warn({ refused, inFlightMax }, "requests were refused: too many are under way");
    refused = 0;
  };
  const refuse = (request: IncomingMessage, response: ServerResponse, close: boolean) => {
    if (refused === 0) setTimeout(report, reportEveryMs).unref();
    refused += 1;
    const requestId = requestIdOf(request) ?? newId();
    const text = JSON.stringify(overloaded.body(requestId));
    const headers = answerHeaders(requestId);
    headers.push(...fixed, "Content-Type", "application/problem+json; charset=utf-8");
    if (close) headers.push("Connection", "close");
    headers.push("Content-Length", Buffer.byteLength(text));
    response.writeHead(overloaded.status, headers).end(text);
  };
  return (request, response, close) => {
    if (crossOrigin && request.headers.origin !== undefined)
      crossOrigin(request, response, () => refuse(request, response, close));
    else refuse(request, response, close);
    return response.statusCode;
  };
}
