import { ListAudit, VerifyAudit } from "@quartermaster/contracts";
import { get, routes } from "../route";

/** Recomputing a long chain takes its time. */
const verifyTimeoutMs = 60_000;

// biome-ignore format: one line per route
export const auditRoutes = routes("Audit", [
  get("/audit", ListAudit, { may: "audit:read", summary: "List audit records" }),
  get("/audit/verify", VerifyAudit, { may: "audit:read", summary: "Verify the audit chain", timeoutMs: verifyTimeoutMs }),
]);
