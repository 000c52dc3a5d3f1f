import type { AnswerOf, ListAudit } from "@quartermaster/contracts";
import { genesisHash } from "./chain";
import type { ChainedLink } from "./link";

type AuditRecord = AnswerOf<typeof ListAudit>["data"][number];

/** A link as it is answered: its values parsed. */
export function recordOf({ prevHash, ...link }: ChainedLink & { prevHash: string | null }): AuditRecord {
  return {
    ...link,
    oldValues: valuesIn(link.oldValues),
    newValues: valuesIn(link.newValues),
    prevHash: prevHash ?? genesisHash,
  };
}

// Text that is no JSON object was put there by a hand that went past this service: it is shown, and the chain is broken.
function valuesIn(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === "object" && values !== null && !Array.isArray(values)) {
      return values as Record<string, unknown>;
    }
  } catch {}
  return { unreadable: text };
}
