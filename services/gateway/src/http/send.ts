import type { Response } from "express";
import { callOf } from "./call";
import type { Problem } from "./problem";

/** Writes a JSON answer with its length, without express' own ETag and type negotiation. */
export function sendJson(
  response: Response,
  status: number,
  body: unknown,
  type = "application/json; charset=utf-8",
): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(text);
}

export function sendProblem(response: Response, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  sendJson(
    response,
    problem.status,
    problem.body(callOf(response).requestId),
    "application/problem+json; charset=utf-8",
  );
}
