import { hash as digest } from "node:crypto";
import type { ChainHead, Link } from "./link";

/** What the first link is chained to. */
export const genesisHash = "0".repeat(64);

/** Names this form of the text. Another form needs another name, so that old links keep the one they were made with. */
const canonicalForm = "quartermaster-audit-1";

/**
 * The text that a link's hash is over: a JSON array of the fields in this order, without white space, as JSON.stringify
 * and RFC 8785 write it. The README tells how to recompute it in another language.
 */
export function canonicalText(position: number, link: Link): string {
  return JSON.stringify([
    canonicalForm,
    position,
    link.source,
    link.epoch,
    link.seq,
    link.at,
    link.recordedAt,
    link.actorKind,
    link.userId,
    link.userName,
    link.role,
    link.ip,
    link.action,
    link.entity,
    link.recordId,
    link.version,
    link.event,
    link.description,
    link.oldValues,
    link.newValues,
    link.requestId,
  ]);
}

/** SHA-256, as hex, over the UTF-8 bytes of the predecessor's hash (64 hex digits) followed by the canonical text. */
export function hashOf(prevHash: string, position: number, link: Link): string {
  return digest("sha256", prevHash + canonicalText(position, link), "hex");
}

/** The hashes of links that follow the head, in their order: the first has the head's next position. */
export function hashesOn(head: ChainHead, links: readonly Link[]): string[] {
  let { position, hash } = head;
  return links.map((link) => {
    position += 1;
    hash = hashOf(hash, position, link);
    return hash;
  });
}
