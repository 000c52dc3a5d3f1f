import { z } from "zod";
import { event, query } from "./contract";
import { Page, pageOf, pageSizeMax, Time } from "./fields";

/**
 * One link of the audit chain. `source`, `epoch` and `seq` say which event it records: per source the numbers run
 * without a hole. `hash` is SHA-256 over the previous record's hash and this record's canonical text.
 */
export const AuditRecord = z.object({
  position: z.int().min(1),
  source: z.string(),
  epoch: z.int(),
  seq: z.int(),
  at: Time,
  recordedAt: Time,
  actorKind: z.string(),
  userId: z.string(),
  userName: z.string().nullable(),
  role: z.string().nullable(),
  ip: z.string().nullable(),
  action: z.enum(["CREATE", "UPDATE", "DELETE", "RESTORE", "READ", "COMMAND"]),
  entity: z.string(),
  recordId: z.string(),
  /** The entity's version after the event; 0 where it has none. */
  version: z.int(),
  event: z.string(),
  description: z.string(),
  oldValues: z.record(z.string(), z.unknown()).nullable(),
  newValues: z.record(z.string(), z.unknown()).nullable(),
  requestId: z.string().nullable(),
  prevHash: z.string(),
  hash: z.string(),
});

/** A page of long records may hold fewer than `limit`: `next` tells whether there are more. Each page read is audited. */
export const ListAudit = query("audit.records.v1", {
  about: "Audit records, newest first, by user, entity, record, request and time.",
  ask: Page.extend({
    userId: z.string().max(64).optional(),
    entity: z.string().max(64).optional(),
    recordId: z.string().max(64).optional(),
    action: AuditRecord.shape.action.optional(),
    requestId: z.string().max(128).optional(),
    from: Time.optional(),
    to: Time.optional(),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  answer: pageOf(AuditRecord),
  refusals: ["bad_request"],
});

/** `ok` is true when every hash follows from its record and predecessor, and no source has a hole. */
export const VerifyAudit = query("audit.verify.v1", {
  about: "Recomputes the chain and counts each source's numbers.",
  ask: z.object({}),
  answer: z.object({
    ok: z.boolean(),
    records: z.int(),
    head: z.object({ position: z.int(), hash: z.string() }),
    firstBroken: z.object({ position: z.int(), why: z.string() }).nullable(),
    sources: z.array(
      z.object({ source: z.string(), epoch: z.int(), records: z.int(), highest: z.int(), missing: z.int() }),
    ),
  }),
});

/** Who read the trail is part of the trail: `positions` are the first and last record shown, null for an empty page. */
export const RecordsRead = event("audit.records-read.v1", {
  about: "Audit records read",
  entity: "audit",
  action: "READ",
  fields: z.object({
    filter: ListAudit.ask,
    records: z.int().min(0).max(pageSizeMax),
    positions: z.object({ first: z.int(), last: z.int() }).nullable(),
  }),
});
