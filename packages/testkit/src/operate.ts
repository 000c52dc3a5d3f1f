import type { NatsConnection } from "nats";

/** Asks a verb of the console. What the operator is answered: the body, and the sentence of a no. */
export async function operate(
  operator: NatsConnection,
  subject: string,
  ask: unknown = {},
  timeoutMs = 10_000,
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came, and compares it
): Promise<{ no: string | null; body: any }> {
  const body = typeof ask === "string" ? ask : JSON.stringify(ask);
  const msg = await operator.request(subject, body, { timeout: timeoutMs });
  const isNo = msg.headers?.has("Nats-Service-Error-Code") ?? false;
  const answer = JSON.parse(msg.string());
  return { no: isNo ? answer.message : null, body: answer };
}
