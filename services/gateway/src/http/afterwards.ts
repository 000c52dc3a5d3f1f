import { derivedId, Fault, type Meta } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import type { Services } from "../clients/services";
import type { Route } from "./route";

const timeoutMs = 3_000;

/**
 * Asks what follows from an answer, such as opening a new customer's account at orders. Never throws: the first command
 * has had its effect, and whoever serves the second one also hears the first one's event.
 */
export async function followUp(
  route: Route,
  answer: unknown,
  first: { id: string; meta: Meta },
  { services, log }: { services: Services; log: Logger },
): Promise<void> {
  const step = route.options.afterwards?.(answer as never);
  if (!step) return;
  const { contract, ask, actor } = step;
  const meta: Meta = { ...first.meta, actor: { ...actor, ip: first.meta.actor.ip }, causation: first.id };
  try {
    const answered = await services.ask(contract, ask, { id: derivedId(first.id, 1), meta, timeoutMs });
    if ("refusal" in answered)
      log.warn({ message: contract.name, code: answered.refusal.code }, "a following command was refused");
  } catch (error) {
    log.warn(
      {
        ...(error instanceof Fault ? { fault: error.kind, reason: error.message } : { err: error }),
        message: contract.name,
      },
      "a following command was not answered; the event will do it",
    );
  }
}
