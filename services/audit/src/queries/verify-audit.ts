import { VerifyAudit } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { Verification } from "../domain/verification";
import { readEnd, readLinks } from "../store/records";

/** A page is some 10 ms of hashing: the recording of events goes on between pages. */
const pageSize = 1_000;

/** Recomputes the whole chain up to where it stands when the query arrives. */
export const verifyAudit = reply(VerifyAudit, async (db) => {
  const { head, last } = await readEnd(db);
  const walk = new Verification();
  while (walk.position < last) {
    const links = await readLinks(db, { after: walk.position, to: last, limit: pageSize });
    if (links.length === 0) break;
    walk.take(links);
  }
  return walk.verdict(head);
});
