import type { IncomingMessage } from "node:http";
import type { Response } from "express";
import type { Claims } from "../auth/tokens";
import type { AnswerHeaders } from "./answer-headers";

/** One HTTP request on its way, for the log line and the problem that may come of it. */
export interface Call {
  readonly requestId: string;
  readonly ip: string;
  readonly startedAt: number;
  /** `POST /orders`; `unknown` until a route took it. */
  route: string;
  claims: Claims | undefined;
  /** Of the answer, as far as they are known. */
  readonly headers: AnswerHeaders;
}

const requestIdPattern = /^[A-Za-z0-9._:-]{1,128}$/;

/** The client's X-Request-Id when it is a sane one. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  const header = request.headers["x-request-id"];
  return typeof header === "string" && requestIdPattern.test(header) ? header : undefined;
}

export function callOf(response: Response): Call {
  return response.locals.call as Call;
}
