import type { Response } from "express";
import { callOf } from "./call";
import type { Problem } from "./problem";

/** Writes a JSON text with its length, without express' own ETag and type negotiation. */
export function sendText(
  response: Response,
  status: number,
  text: string,
  type = "application/json; charset=utf-8",
): void {
  const { headers } = callOf(response);
  headers.push("Content-Type", type, "Content-Length", Buffer.byteLength(text));
  response.writeHead(status, headers).end(text);
}

export function sendJson(response: Response, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body));
}

export function sendEmpty(response: Response): void {
  response.writeHead(204, callOf(response).headers).end();
}

export function sendProblem(response: Response, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { headers, requestId } = callOf(response);
  for (const [name, value] of Object.entries(problem.headers)) headers.push(name, value);
  const text = JSON.stringify(problem.body(requestId));
  sendText(response, problem.status, text, "application/problem+json; charset=utf-8");
}
