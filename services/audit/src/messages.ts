import type { Handler, RunningService } from "@quartermaster/messaging";
import { recordEvents } from "./handlers/record-events";
import { listAudit } from "./queries/list-audit";
import { verifyAudit, verifyTrail } from "./queries/verify-audit";

/** What the audit hears. Reading it says an event, and so needs a transaction. */
export function messages(inTransaction: RunningService["inTransaction"]): Handler[] {
  return [recordEvents, listAudit(inTransaction), verifyAudit, verifyTrail];
}
