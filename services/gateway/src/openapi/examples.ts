import type { Request } from "@quartermaster/contracts";
import { golden } from "@quartermaster/contracts/golden";

/** One example of a message, in message form; REST is derived from it. */
export interface Example {
  ask: unknown;
  answer: unknown;
}

/** The first golden example of the message that is answered. Every message has one (packages/contracts, fixtures.unit.test.ts). */
export function exampleOf(contract: Request): Example {
  const answered = golden(contract).find(({ answer }) => answer !== undefined);
  if (!answered) throw new Error(`${contract.name} has no example that is answered`);
  return { ask: answered.ask, answer: answered.answer };
}
