import cors from "cors";
import express, { type Express, type RequestHandler } from "express";
import type { GatewayConfig } from "../config";
import { setAnswerHeaders } from "./answer-headers";
import { docsPages } from "./docs-pages";
import { errorHandler, noSuchPath, otherMethods } from "./error-handler";
import type { Traffic } from "./open-call";
import { type Operations, operations } from "./operations";
import type { Route } from "./route";
import { type Served, serveRoute } from "./serve-route";

/** Names that a browser's script may read beside the usual ones. */
const exposedHeaders = ["ETag", "Location", "Preference-Applied", "Retry-After", "X-Request-Id"];
const preflightMaxAgeS = 600;

/** The whole HTTP side as one express application. */
export function api(parts: {
  config: GatewayConfig;
  routes: readonly Route[];
  traffic: Traffic;
  served: Served;
  operations: Operations;
}): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", false);
  app.set("trust proxy", parts.config.TRUST_PROXY);
  app.use(parts.traffic.open);
  const origins = parts.config.CORS_ORIGINS;
  if (origins) app.use(setAnswerHeaders, corsFor(origins));
  for (const path of new Set(parts.routes.map((route) => route.path))) {
    const here = parts.routes.filter((route) => route.path === path);
    const served = app.route(path.replace(/\{(\w+)\}/g, ":$1"));
    for (const route of here) served[route.method](serveRoute(route, parts.served));
    served.all(otherMethods(here.map((route) => route.method)));
  }
  app.use(setAnswerHeaders, operations(parts.operations));
  app.use(docsPages());
  app.get("/", (_request, response) => response.redirect(302, "/swagger"));
  app.use(noSuchPath, errorHandler(parts.served.log));
  return app;
}

function corsFor(origins: string): RequestHandler {
  const list = origins.split(",").map((origin) => origin.trim());
  const handler = cors({
    origin: list.includes("*") ? "*" : list,
    methods: ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"],
    exposedHeaders,
    maxAge: preflightMaxAgeS,
  });
  // A bare OPTIONS is no preflight: the route answers it with what it allows.
  return (request, response, next) => {
    const isBare = request.method === "OPTIONS" && !request.headers["access-control-request-method"];
    if (isBare) next();
    else handler(request, response, next);
  };
}
