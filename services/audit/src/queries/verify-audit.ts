import { VerifyAudit, VerifyTrail } from "@quartermaster/contracts";
import { type Reader, reply, shows } from "@quartermaster/messaging";
import { Verification } from "../domain/verification";
import { readEnd, readLinks } from "../store/records";

/** A page is some 10 ms of hashing: the recording of events goes on between pages. */
const pageSize = 1_000;

/** For users, and for operators. */
export const verifyAudit = reply(VerifyAudit, verify);
export const verifyTrail = shows(VerifyTrail, verify);

/** Recomputes the whole chain up to where it stands when the query arrives. */
async function verify(db: Reader) {
  const { head, last } = await readEnd(db);
  const walk = new Verification();
  while (walk.position < last) {
    const links = await readLinks(db, { after: walk.position, to: last, limit: pageSize });
    if (links.length === 0) break;
    walk.take(links);
  }
  return walk.verdict(head);
}
