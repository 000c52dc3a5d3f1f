import { onEvery } from "@quartermaster/messaging";
import { hashesOn } from "../domain/chain";
import { linkOf } from "../domain/link-of";
import { append, lockHead } from "../store/records";

/** Records every event of every service: one lock of the head and one insert for the whole batch. */
export const recordEvents = onEvery(async (tx, events) => {
  const { head, recordedAt } = await lockHead(tx);
  const links = events.map((event) => linkOf(event, recordedAt));
  append(tx, { head, recordedAt, links, hashes: hashesOn(head, links) });
});
