import { setTimeout as sleep } from "node:timers/promises";
import type { AskOf, CommandContract } from "@quartermaster/contracts";
import { type Answered, type Asker, Fault, type Meta } from "@quartermaster/messaging";
import { isAway } from "./services";

/** `unsent`: nobody took the command, for this fault. `doubt`: it was sent, and what became of it is not known. */
export type Known<C extends CommandContract> =
  | Answered<C>
  | { unknown: "unsent"; fault: Fault }
  | { unknown: "doubt" };

/**
 * One turn of asking: a NATS reply can only come from the connection that took the request, so a long wait on an
 * instance that died would be lost. After a turn the same command goes out again, and any instance can answer it.
 */
const turnMs = 2_000;
/** Beyond the turn's wait: for the commit and the way there and back. */
const graceMs = 1_500;
const pauseMs = 250;

/**
 * Asks a command, again and again under the same id, until it is answered or the wait is over. Repeating is safe: the
 * receiver's inbox gives the stored reply, or joins the one that still runs. Commands with a password or a token in them
 * are asked once: identity counts and hashes before it looks into its inbox, and a repeat would count as another guess.
 */
export async function askUntilKnown<C extends CommandContract>(
  asker: Asker,
  contract: C,
  ask: AskOf<C>,
  options: { id: string; meta: Meta; waitMs: number },
): Promise<Known<C>> {
  const { id, meta } = options;
  const until = Date.now() + options.waitMs;
  const asksOnce = contract.secrets.length > 0 || !contract.remembered;
  let state: "unsent" | "doubt" | "accepted" = "unsent";
  for (;;) {
    const waitMs = Math.max(0, Math.min(until - Date.now(), asksOnce ? options.waitMs : turnMs));
    try {
      const answered = await asker.ask(contract, ask, { id, meta, waitMs, timeoutMs: waitMs + graceMs });
      if (!("accepted" in answered)) return answered;
      state = "accepted";
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (state === "unsent" && reachedNobody(error)) return { unknown: "unsent", fault: error };
      if (state === "unsent") state = "doubt";
      if (asksOnce) return { unknown: "doubt" };
      if (error.kind !== "timeout") await sleep(Math.max(0, Math.min(pauseMs, until - Date.now())));
    }
    if (Date.now() >= until) return state === "accepted" ? { accepted: true } : { unknown: "doubt" };
  }
}

function reachedNobody(fault: Fault): boolean {
  return isAway(fault) || fault.kind === "overloaded";
}
