import { ProcessConfig } from "@quartermaster/process";
import { z } from "zod";

const Flag = z.enum(["true", "false"]).transform((word) => word === "true");
const perMinute = z.coerce.number().int().min(0).max(10_000_000);

/** `false`, a number of hops, or addresses and networks separated by commas, as express takes it. */
const TrustProxy = z
  .string()
  .max(400)
  .transform((text) => (text === "false" ? false : /^\d+$/.test(text) ? Number(text) : text));

export const GatewayConfig = ProcessConfig.extend({
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  GATEWAY_HOST: z.string().max(253).optional(),
  /** Opens GET /products, /products/{id} and /locations to everybody. */
  PUBLIC_CATALOG: Flag.default(false),
  /** Origins separated by commas, or `*`; none may call from a browser page of theirs without it. */
  CORS_ORIGINS: z.string().max(4_000).optional(),
  /** Whom to believe about X-Forwarded-For. */
  TRUST_PROXY: TrustProxy.default(false),
  BODY_LIMIT_BYTES: z.coerce.number().int().min(1_000).max(10_000_000).default(100_000),
  /** How long a command that no saga decides is asked for, again and again, before its client is told so. */
  COMMAND_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
  /** Requests that may be under way at once; more are answered 503. Each holds some 20 kB and a wait of up to 30 s. */
  IN_FLIGHT_MAX: z.coerce.number().int().min(1).max(100_000).default(2_000),
  /** Requests to /auth/* and /api/token* per minute and address; 0 is no limit. */
  RATE_LIMIT_AUTH_PER_MINUTE: perMinute.default(600),
  /** Requests per minute and user (address without a login) to everything else; 0 is no limit. */
  RATE_LIMIT_PER_MINUTE: perMinute.default(0),
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;
