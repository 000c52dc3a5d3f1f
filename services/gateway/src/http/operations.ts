import express, { type RequestHandler, type Response, type Router } from "express";
import type { Registry } from "prom-client";
import type { Jwks } from "../auth/key-set";
import { callOf } from "./call";
import type { ContractPages } from "./contract-pages";
import { otherMethods } from "./error-handler";
import { problem } from "./problem";
import { sendJson } from "./send";

/** What the gateway needs to be of use, each true or false. */
export type Readiness = () => Promise<Record<string, boolean>>;

export interface Operations {
  metrics: Registry;
  readiness: Readiness;
  jwks: () => Jwks | undefined;
  openapi: () => object;
  asyncapi: () => object;
  contracts: ContractPages;
}

/** Health, metrics, keys and the documents: what machines ask for beside the API itself. */
export function operations({ metrics, readiness, jwks, ...documents }: Operations): Router {
  const router = express.Router();
  const openapi = Buffer.from(JSON.stringify(documents.openapi()));
  const asyncapi = Buffer.from(JSON.stringify(documents.asyncapi()));
  serve(router, "/health/live", (_request, response) => sendJson(response, 200, { status: "live" }));
  serve(router, "/health/ready", async (_request, response) => {
    const checks = await readiness();
    const ready = Object.values(checks).every(Boolean);
    if (!ready) response.setHeader("Retry-After", "1");
    sendJson(response, ready ? 200 : 503, { status: ready ? "ready" : "not ready", checks });
  });
  serve(router, "/metrics", async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  });
  serve(router, "/.well-known/jwks.json", (_request, response) => {
    const keys = jwks();
    if (!keys) throw problem("service_unavailable", "The keys have not been read from identity yet.");
    response.setHeader("Cache-Control", "public, max-age=300");
    sendJson(response, 200, keys);
  });
  serve(router, "/openapi.json", (_request, response) => sendDocument(response, openapi));
  serve(router, "/asyncapi.json", (_request, response) => sendDocument(response, asyncapi));
  serve(router, "/contracts", (_request, response) => sendDocument(response, documents.contracts.list));
  serve(router, "/contracts/:name", (request, response) => {
    const page = documents.contracts.byName.get(String(request.params.name));
    if (!page) throw problem("no_such_path", "There is no message of this name. GET /contracts lists all.");
    sendDocument(response, page);
  });
  return router;
}

function sendDocument(response: Response, document: Buffer): void {
  response.setHeader("Cache-Control", "no-cache");
  response.type("json").send(document);
}

function serve(router: Router, path: string, handler: RequestHandler): void {
  const named: RequestHandler = (request, response, next) => {
    callOf(response).route = `GET ${path}`;
    return handler(request, response, next);
  };
  router
    .route(path)
    .get(named)
    .all(otherMethods(["get"]));
}
