import { poll } from "@quartermaster/servers";
import type { Database } from "../arena/database";
import { type ChainRow, chainStart, walk } from "./chain";
import { type Broken, openWork, statements } from "./statements";

type Sql = Database["sql"];

/** An invariant that does not hold: a sentence, with the first rows that show it. */
export interface Violation {
  readonly invariant: Broken["invariant"];
  readonly says: string;
}

/** What breaks I1 to I5 in a database at rest; empty when all hold. */
export async function violations(sql: Sql): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { invariant, says, sql: statement } of statements) {
    const rows = await sql(`with wrong as materialized (${statement}) select * from wrong limit 3`);
    if (rows.length > 0) found.push({ invariant, says: `${says}: ${JSON.stringify(rows)}` });
  }
  const broken = await brokenChain(sql);
  if (broken) found.push({ invariant: "I5", says: broken });
  return found;
}

const rowsPerPage = 5_000;

async function brokenChain(sql: Sql): Promise<string | undefined> {
  let at = { position: 0, hash: chainStart };
  for (;;) {
    const rows = await sql<ChainRow>(
      "select * from audit.records where position > $1 order by position limit $2",
      [at.position, rowsPerPage],
    );
    if (rows.length === 0) break;
    const walked = walk(rows, at);
    if (typeof walked === "string") return walked;
    at = walked;
  }
  const [head] = await sql<{ position: string; hash: Buffer }>("select position, hash from audit.chain");
  const fits = Number(head?.position) === at.position && head?.hash.toString("hex") === at.hash;
  return fits ? undefined : `the head of the chain is not its last record, ${at.position}`;
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
export async function figures(sql: Sql): Promise<Record<"I1" | "I2" | "I3" | "I5", string>> {
  const [row] = await sql<Record<string, string>>(`select
    (select count(*) from inventory.levels) as levels, (select count(*) from inventory.reservation_lines) as lines,
    (select count(*) from orders.orders where status not in ('PLACING', 'REJECTED')) as placed,
    (select count(*) from orders.orders where status = 'REJECTED') as rejected,
    (select count(*) from billing.invoices) as invoices, (select count(*) from billing.credit_notes) as credits,
    (select count(*) from audit.records) as records,
    (select count(distinct source) from audit.records) as sources`);
  const { levels, lines, placed, rejected, invoices, credits, records, sources } = row ?? {};
  return {
    I1: `${levels} levels, ${lines} reserved lines`,
    I2: `${placed} orders placed, ${rejected} rejected, ${invoices} invoices`,
    I3: `INV 1 to ${invoices}, CN 1 to ${credits}`,
    I5: `${records} records of ${sources} services`,
  };
}
