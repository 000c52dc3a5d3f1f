import type { MsgHdrs } from "nats";

const accountPrefix = "OPERATOR_";

/** Each operator has an account of their own on the NATS server: `OPERATOR_ada` for ada. */
export function operatorAccountOf(name: string): string {
  return `${accountPrefix}${name}`;
}

/** What the server, and nobody else, may put before a reply subject: a request that came out of another account. */
const importedReply = "_R_.";
/** A request that has come through an import of another account. */
export function isImported(reply: string | undefined): reply is string {
  return reply?.startsWith(importedReply) ?? false;
}

const requestInfo = "Nats-Request-Info";

/**
 * The name of the operator who sent a request, or undefined when it did not come from an operator's account: then nothing
 * may be changed in anybody's name.
 *
 * It can be trusted because the server says it, not the sender. Operators reach the services' account through service
 * imports only, where the server
 * - replaces the reply subject by one of its own below `_R_.`, which it takes from no client as a reply ("Permissions
 *   Violation for Publish with Reply"), nor puts on what JetStream delivers: so a reply below `_R_.` proves an import;
 * - writes the sender's account into the header `Nats-Request-Info`, as the last line, in place of the first line of that
 *   name that a client has sent. nats-server 2.9 leaves a second one standing, and every version lets a header block without
 *   its final line end swallow the true line into the value of another header. So the name has to stand in the whole of the
 *   headers exactly once, in any case; with one more the sender is forging, and is nobody.
 *
 * @param headers of the request as it arrived
 * @param reply the subject on which the sender awaits the answer, as it arrived
 */
export function operatorOf(headers: MsgHdrs | undefined, reply: string | undefined): string | undefined {
  if (!headers || !isImported(reply)) return undefined;
  const lines = [...headers].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
  if (lines.join("\n").match(/nats-request-info/gi)?.length !== 1) return undefined;
  try {
    const { acc } = JSON.parse(headers.get(requestInfo)) as { acc?: unknown };
    if (typeof acc !== "string" || !acc.startsWith(accountPrefix)) return undefined;
    return acc.slice(accountPrefix.length) || undefined;
  } catch {
    return undefined;
  }
}
