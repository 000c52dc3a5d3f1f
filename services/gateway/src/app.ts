import { GetJwks } from "@quartermaster/contracts";
import { asyncapi } from "@quartermaster/contracts/asyncapi";
import { type RunningService, serviceActor, startService } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import { type KeySet, keySet } from "./auth/key-set";
import { tokenVerifier } from "./auth/tokens";
import { servicesOver } from "./clients/services";
import { GatewayConfig } from "./config";
import { api } from "./http/api";
import { contractPages } from "./http/contract-pages";
import { crossOriginFor } from "./http/cors";
import { limitsOf } from "./http/limits";
import { connectionLimits, listen } from "./http/listen";
import { openTraffic } from "./http/open-call";
import { bodyReader } from "./http/read-body";
import { allRoutes } from "./http/routes";
import { messages } from "./messages";
import { openapi } from "./openapi/document";
import { keyLane } from "./store/idempotency-keys";
import { keepForgetting, keepKeysFresh, readinessOf } from "./upkeep";

export { GatewayConfig } from "./config";
export { openapi } from "./openapi/document";

/** Shorter than the 20 s after which a stopping process is ended by force. */
const drainLimitMs = 15_000;
/** A body of somebody without a token, such as of a login: a packet or two. Its request takes up a place meanwhile. */
const strangerMs = 5_000;
const jwksTimeoutMs = 2_000;

export interface RunningGateway {
  readonly port: number;
  readonly drained: Promise<void>;
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/** Starts the gateway: NATS and database first, then the port. It listens before identity is there, and is ready after. */
export async function start(config: GatewayConfig, log: Logger): Promise<RunningGateway> {
  const service = await startService({
    service: "gateway",
    config,
    configSchema: GatewayConfig,
    log,
    messages,
  });
  const services = servicesOver(service.asker);
  const keys = keySet(() => readJwks(service));
  const crossOrigin = config.CORS_ORIGINS ? crossOriginFor(config.CORS_ORIGINS) : undefined;
  const traffic = openTraffic({
    inFlightMax: config.IN_FLIGHT_MAX,
    crossOrigin,
    metrics: service.metrics,
    log,
  });
  const app = api({
    config,
    routes: allRoutes,
    traffic,
    crossOrigin,
    served: {
      services,
      tokens: tokenVerifier(keys),
      keys: keyLane(service),
      limits: limitsOf(config),
      readBody: bodyReader({ bytesMax: config.BODY_LIMIT_BYTES, strangerMs }),
      publicCatalog: config.PUBLIC_CATALOG,
      commandTimeoutMs: config.COMMAND_TIMEOUT_MS,
      log,
    },
    operations: {
      metrics: service.metrics,
      readiness: readinessOf(service, keys),
      jwks: keys.published,
      openapi,
      asyncapi,
      contracts: contractPages(),
    },
  });
  const upkeep = [keepKeysFresh(keys, log), keepForgetting(service.db, log)];
  const { GATEWAY_PORT: port, GATEWAY_HOST: host } = config;
  const { admit } = traffic;
  const listening = await listen(app, {
    port,
    admit,
    limits: connectionLimits,
    ...(host !== undefined && { host }),
  });
  log.info({ port: listening.port }, "listening");
  return {
    port: listening.port,
    drained: service.drained,
    failed: service.failed,
    stop: async () => {
      traffic.drain();
      await listening.close(drainLimitMs);
      for (const stop of upkeep) stop();
      services.stop();
      await service.stop();
    },
  };
}

async function readJwks(service: RunningService): Promise<NonNullable<ReturnType<KeySet["published"]>>> {
  const meta = { actor: serviceActor("gateway"), requestId: null, causation: null, traceparent: null };
  const answered = await service.asker.ask(GetJwks, {}, { meta, timeoutMs: jwksTimeoutMs });
  if ("answer" in answered) return answered.answer;
  throw new Error("identity did not answer with its keys");
}
