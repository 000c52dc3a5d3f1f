import * as audit from "./audit";
import * as billing from "./billing";
import type { CommandContract, Contract, EventContract, QueryContract } from "./contract";
import * as identity from "./identity";
import * as inventory from "./inventory";
import * as operatorActed from "./operator-acted";
import * as orders from "./orders";

function isContract(value: unknown): value is Contract {
  return typeof value === "object" && value !== null && "kind" in value && "subject" in value;
}

/** Every message of the platform, in the order of declaration. Docs, fixtures and rights are derived from this list. */
export const allContracts: readonly Contract[] = [
  identity,
  inventory,
  orders,
  billing,
  audit,
  operatorActed,
].flatMap((owner) => Object.values<unknown>(owner).filter(isContract));

export const allCommands = allContracts.filter((c): c is CommandContract => c.kind === "command");
export const allQueries = allContracts.filter((c): c is QueryContract => c.kind === "query");
export const allEvents = allContracts.filter((c): c is EventContract => c.kind === "event");

const byEventName = new Map(allEvents.map((contract) => [contract.name, contract]));

/** The event's contract, or undefined for a message of a newer service that this one does not know yet. */
export function eventNamed(name: string): EventContract | undefined {
  return byEventName.get(name);
}
