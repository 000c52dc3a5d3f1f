import type { AnswerOf, ListAudit } from "@quartermaster/contracts";
import { genesisHash } from "./chain";
import type { ChainedLink } from "./link";

type AuditRecord = AnswerOf<typeof ListAudit>["data"][number];

// NATS carries 1 MB in a message. Half of it is left for the escapes of JSON and the other fields.
const valuesBytesMax = 512 * 1_024;
/** What the fields beside the values come to, generously. */
const fieldsBytes = 1_024;

/** As many of the first links as fit one message, at least one. */
export function fitting<One extends ChainedLink>(links: readonly One[]): One[] {
  let bytes = 0;
  const end = links.findIndex((link, n) => {
    bytes += fieldsBytes + Buffer.byteLength(link.oldValues ?? "") + Buffer.byteLength(link.newValues ?? "");
    return n > 0 && bytes > valuesBytesMax;
  });
  return end < 0 ? [...links] : links.slice(0, end);
}

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
