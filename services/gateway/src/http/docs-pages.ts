import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import express, { type RequestHandler, type Response, type Router } from "express";
import helmet from "helmet";

const dayMs = 86_400_000;
const assets = {
  index: false,
  redirect: false,
  cacheControl: false,
  setHeaders: (response: Response) => response.setHeader("Cache-Control", `public, max-age=${dayMs / 1_000}`),
} as const;

/**
 * Both viewers style their elements inline and draw pictures from data URLs; ReDoc searches in a worker made from a blob.
 * Scripts come from here only, and none is inline.
 */
const pageHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", "data:"],
      fontSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      workerSrc: ["'self'", "blob:"],
      childSrc: ["blob:"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
});

/** Swagger UI at /swagger and ReDoc at /redoc, out of their packages: nothing is fetched from elsewhere. */
export function docsPages(): Router {
  const router = express.Router();
  router.get("/swagger", pageHeaders, page(swaggerPage));
  router.get("/swagger/start.js", script(swaggerStart));
  router.use("/swagger", express.static(folderOf("swagger-ui-dist"), assets));
  router.get("/redoc", pageHeaders, page(redocPage));
  router.get("/redoc/start.js", script(redocStart));
  router.get("/redoc/redoc.standalone.js", script(redocScript(), dayMs));
  return router;
}

// ReDoc shows its maker's logo from a CDN. Nothing is fetched from elsewhere here: with an empty picture it leaves it out.
function redocScript(): string {
  const bundle = join(folderOf("redoc"), "bundles", "redoc.standalone.js");
  return readFileSync(bundle, "utf8").replaceAll("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,");
}

// By its package.json: to require swagger-ui-dist itself would run the whole viewer in this process.
function folderOf(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function page(html: string): RequestHandler {
  return (_request, response) => {
    response.type("html").send(html);
  };
}

function script(text: string, maxAgeMs = 0): RequestHandler {
  return (_request, response) => {
    response.setHeader("Cache-Control", maxAgeMs ? `public, max-age=${maxAgeMs / 1_000}` : "no-cache");
    response.type("js").send(text);
  };
}

const swaggerPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quartermaster API</title>
<link rel="stylesheet" href="/swagger/swagger-ui.css">
<link rel="icon" type="image/png" sizes="32x32" href="/swagger/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/swagger/start.js"></script>
</body>
</html>
`;

const swaggerStart = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

const redocPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quartermaster API reference</title>
<link rel="icon" type="image/png" sizes="32x32" href="/swagger/favicon-32x32.png">
<style>body { margin: 0; }</style>
</head>
<body>
<div id="redoc"></div>
<script src="/redoc/redoc.standalone.js"></script>
<script src="/redoc/start.js"></script>
</body>
</html>
`;

const redocStart = `Redoc.init("/openapi.json", { expandResponses: "200,201", hideDownloadButton: false }, document.getElementById("redoc"));
`;
