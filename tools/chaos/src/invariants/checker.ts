import { verifyTrail } from "@quartermaster/audit-verifier";
import { poll } from "@quartermaster/servers";
import type { Database } from "../arena/database";
import { type Broken, openWork, statements } from "./statements";

type Sql = Database["sql"];

/** An invariant that does not hold: a sentence, with the first rows that show it. */
export interface Violation {
  readonly invariant: Broken["invariant"];
  readonly says: string;
}

/** What breaks an invariant in a database at rest; empty when all hold. */
export async function violations(sql: Sql): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { invariant, says, sql: statement } of statements) {
    const rows = await sql(`with wrong as materialized (${statement}) select * from wrong limit 3`);
    if (rows.length > 0) found.push({ invariant, says: `${says}: ${JSON.stringify(rows)}` });
  }
  const { wrong } = await verifyTrail(sql);
  if (wrong.length > 0) found.push({ invariant: "I5", says: wrong.slice(0, 3).join("; ") });
  return found;
}

/** Waits until nothing is under way any more; milliseconds, or what is still open after `withinMs`. */
export async function untilSettled(sql: Sql, withinMs: number): Promise<number | string> {
  const startedAt = performance.now();
  const open = async () => {
    const rows = await sql<{ what: string; count: number }>(openWork);
    return rows.filter(({ count }) => count > 0).map(({ what, count }) => `${count} ${what}`);
  };
  const done = await poll(async () => (await open()).length === 0, withinMs, 100);
  return done ? performance.now() - startedAt : (await open()).join(", ");
}

/** How much the invariants were checked over, as a figure for each. */
export async function figures(sql: Sql): Promise<Record<"I1" | "I2" | "I3" | "I5" | "I6", string>> {
  const [row] = await sql<Record<string, string>>(`select
    (select count(*) from inventory.levels) as levels, (select count(*) from inventory.reservation_lines) as lines,
    (select count(*) from orders.orders where status not in ('PLACING', 'REJECTED')) as placed,
    (select count(*) from orders.orders where status = 'REJECTED') as rejected,
    (select count(*) from billing.invoices) as invoices, (select count(*) from billing.credit_notes) as credits,
    (select count(*) from audit.records) as records,
    (select count(distinct source) from audit.records) as sources, (select count(*) from orders.sagas) as sagas`);
  const { levels, lines, placed, rejected, invoices, credits, records, sources, sagas } = row ?? {};
  return {
    I1: `${levels} levels, ${lines} reserved lines`,
    I2: `${placed} orders placed, ${rejected} rejected, ${invoices} invoices`,
    I3: `INV 1 to ${invoices}, CN 1 to ${credits}`,
    I5: `${records} records of ${sources} services`,
    I6: `${sagas} sagas`,
  };
}
