import { Fault, isFault } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import type { ErrorRequestHandler, RequestHandler } from "express";
import { callOf } from "./call";
import { Problem, problem } from "./problem";
import { sendEmpty, sendProblem } from "./send";

/** Turns whatever was thrown into a problem. Only a bug is a 500, and it says nothing but its request id. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    sendProblem(response, toProblem(error, callOf(response).requestId, log));
  };
}

function toProblem(error: unknown, requestId: string, log: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Fault && error.kind === "overloaded") {
    return problem(
      "overloaded",
      "Too much is being done at the moment; nothing was accepted. Try again shortly.",
    );
  }
  if (isFault(error)) {
    // No bug of the gateway's, so no stack; there is one line per request while a service is away.
    const { kind, code, message } = error as { kind?: string; code?: string; message?: string };
    log.warn({ fault: kind ?? code, reason: message, requestId }, "a request could not be served now");
    return problem(
      "service_unavailable",
      "A service that this needs is away; nothing was accepted. Try again shortly.",
    );
  }
  // Express' own errors, such as a path that cannot be decoded.
  const { status } = error as { status?: unknown };
  if (typeof status === "number" && status >= 400 && status < 500) {
    return problem("malformed_request", "The request's path or headers cannot be read.");
  }
  log.error({ err: error, requestId }, "a request failed by a bug");
  return problem("internal_error", "This is our fault. It was logged under the request id.");
}

export const noSuchPath: RequestHandler = (_request, _response, next) => {
  next(problem("no_such_path", "There is nothing at this path. GET /openapi.json lists all paths."));
};

/** Answers OPTIONS, and 405 for any other method that the path does not have. */
export function otherMethods(methods: readonly string[]): RequestHandler {
  const names = methods.map((method) => method.toUpperCase());
  const allow = [...names, ...(names.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  return (request, response, next) => {
    if (request.method === "OPTIONS") {
      callOf(response).headers.push("Allow", allow);
      sendEmpty(response);
      return;
    }
    const detail = `${request.method.slice(0, 20)} is not possible here; ${allow} are.`;
    next(problem("method_not_allowed", detail, { headers: { Allow: allow } }));
  };
}
