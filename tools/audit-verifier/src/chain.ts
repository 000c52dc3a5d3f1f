import { createHash } from "node:crypto";

/** A record as it lies in `audit.records`. */
export interface ChainRow {
  position: string;
  source: string;
  epoch: number;
  seq: string;
  /** Moments are a Date, or an ISO text where the process has `pg` read them so. */
  at: Date | string;
  recorded_at: Date | string;
  actor_kind: string;
  user_id: string;
  user_name: string | null;
  role: string | null;
  ip: string | null;
  action: string;
  entity: string;
  record_id: string;
  version: string;
  event: string;
  description: string;
  old_values: string | null;
  new_values: string | null;
  request_id: string | null;
  hash: Buffer;
}

export const chainStart = "0".repeat(64);

/**
 * The hash of a record behind `before` (64 hex digits), as services/audit/README.md tells anybody to compute it. Written
 * out here once more, because what verifies the audit must not be the audit's own code.
 */
export function hashBehind(before: string, row: ChainRow): string {
  const fields = [
    "quartermaster-audit-1",
    Number(row.position),
    row.source,
    row.epoch,
    Number(row.seq),
    new Date(row.at).toISOString(),
    new Date(row.recorded_at).toISOString(),
    row.actor_kind,
    row.user_id,
    row.user_name,
    row.role,
    row.ip,
    row.action,
    row.entity,
    row.record_id,
    Number(row.version),
    row.event,
    row.description,
    row.old_values,
    row.new_values,
    row.request_id,
  ];
  return createHash("sha256")
    .update(before + JSON.stringify(fields))
    .digest("hex");
}
