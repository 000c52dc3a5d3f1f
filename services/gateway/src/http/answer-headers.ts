import { IncomingMessage, type OutgoingHttpHeader, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { RequestHandler } from "express";
import helmet from "helmet";
import { callOf } from "./call";

/**
 * An answer's headers: a name, its value, the next name, and so on. Written in one go (`send.ts`) they cost half of what
 * they cost when each is set, because Node then keeps them in a dictionary before it writes them.
 */
export type AnswerHeaders = OutgoingHttpHeader[];

/** JSON for programs: nothing in an answer may run, load or be framed. */
const security = headersOf(
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  }),
);

/** What every answer starts with. */
export function answerHeaders(requestId: string): AnswerHeaders {
  return ["X-Request-Id", requestId, "Cache-Control", "no-store", ...security];
}

/** Sets the headers on the response, for those behind it who answer by express' own means and not by `sendJson`. */
export const setAnswerHeaders: RequestHandler = (_request, response, next) => {
  const { headers } = callOf(response);
  for (let at = 0; at < headers.length; at += 2) {
    response.setHeader(String(headers[at]), headers[at + 1] as OutgoingHttpHeader);
  }
  headers.length = 0;
  next();
};

/** What the middleware sets, whatever the request is: asked for once, it need not be worked out for every answer. */
function headersOf(middleware: (...how: Parameters<ReturnType<typeof helmet>>) => void): AnswerHeaders {
  const headers: AnswerHeaders = [];
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.setHeader = (name, value) => {
    headers.push(name, typeof value === "object" ? [...value] : value);
    return response;
  };
  middleware(response.req, response, (error) => {
    if (error) throw error;
  });
  return headers;
}
