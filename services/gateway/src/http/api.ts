import express, { type Express } from "express";
import type { GatewayConfig } from "../config";
import { setAnswerHeaders } from "./answer-headers";
import type { CrossOrigin } from "./cors";
import { docsPages } from "./docs-pages";
import { errorHandler, noSuchPath, otherMethods } from "./error-handler";
import type { Traffic } from "./open-call";
import { type Operations, operations } from "./operations";
import type { Route } from "./route";
import { type Served, serveRoute } from "./serve-route";

/** The whole HTTP side as one express application. */
export function api(parts: {
  config: GatewayConfig;
  routes: readonly Route[];
  traffic: Traffic;
  crossOrigin: CrossOrigin | undefined;
  served: Served;
  operations: Operations;
}): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", false);
  app.set("trust proxy", parts.config.TRUST_PROXY);
  app.use(parts.traffic.open);
  if (parts.crossOrigin) app.use(setAnswerHeaders, parts.crossOrigin);
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
