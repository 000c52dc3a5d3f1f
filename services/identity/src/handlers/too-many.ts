import { refuse } from "@quartermaster/messaging";

/** The refusal of whoever tries too often; the gateway makes `Retry-After` of the seconds. */
export function tooMany(retryAfterSeconds: number) {
  return refuse("too_many_attempts", { retryAfterSeconds });
}
