import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import pino from "pino";
import { z } from "zod";
import { createApp } from "./app";
import { openPool } from "./database";
import { tokenVerifier } from "./tokens";

const flag = z.enum(["true", "false"]).transform((value) => value === "true");

const Settings = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535),
  DATABASE_URL: z.url(),
  TOKEN_PUBLIC_JWK: z.string().transform((text) => JSON.parse(text)),
  /** Connections of each process. */
  POOL_SIZE: z.coerce.number().int().min(1).max(200).default(4),
  PIPELINE: flag.default(false),
  /** 1 runs without node:cluster. */
  WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(availableParallelism() * 2)
    .default(1),
  TAX_RATE: z.coerce.number().min(0).max(1).default(0.09),
  LOG_LEVEL: z.string().default("info"),
});

function serve(settings: z.infer<typeof Settings>): void {
  // Lines are written in blocks, off the request's way.
  const log = pino(
    { level: settings.LOG_LEVEL, base: undefined },
    pino.destination({ sync: false, minLength: 4096 }),
  );
  const pool = openPool({
    databaseUrl: settings.DATABASE_URL,
    poolSize: settings.POOL_SIZE,
    pipeline: settings.PIPELINE,
  });
  const app = createApp({
    pool,
    log,
    bearerOf: tokenVerifier(settings.TOKEN_PUBLIC_JWK),
    taxRates: { STANDARD: Math.round(settings.TAX_RATE * 10_000), ZERO: 0, EXEMPT: 0 },
  });
  const server = app.listen(settings.PORT, "127.0.0.1", () => log.info({ port: settings.PORT }, "ready"));
  const stop = () => {
    server.close(() => void pool.end().then(() => log.flush(() => process.exit(0))));
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function superviseWorkers(count: number): void {
  for (let index = 0; index < count; index += 1) cluster.fork();
  const stop = () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

const settings = Settings.parse(process.env);
if (cluster.isPrimary && settings.WORKERS > 1) superviseWorkers(settings.WORKERS);
else serve(settings);
