import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { GatewayConfig } from "../config";
import { networkOf } from "./addresses";
import { problem } from "./problem";

/** Counts requests per address or user within this process. */
export interface Limits {
  /** Before anything else of a login or registration; throws a 429 problem. */
  authentication(ip: string): Promise<void> | undefined;
  /** After the token of any other request was read; throws a 429 problem. */
  request(caller: string): Promise<void> | undefined;
}

const windowS = 60;

export function limitsOf(config: GatewayConfig): Limits {
  const authentication = limiter(config.RATE_LIMIT_AUTH_PER_MINUTE);
  const request = limiter(config.RATE_LIMIT_PER_MINUTE);
  return {
    authentication: (ip) => authentication && consume(authentication, networkOf(ip)),
    request: (caller) => request && consume(request, caller),
  };
}

function limiter(points: number): RateLimiterMemory | undefined {
  return points === 0 ? undefined : new RateLimiterMemory({ points, duration: windowS });
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
    throw problem("too_many_requests", `Too many requests; wait ${seconds} s.`, {
      headers: { "Retry-After": String(seconds) },
    });
  }
}
