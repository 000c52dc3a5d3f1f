import type { AnswerOf, CreateLocation } from "@quartermaster/contracts";
import { sql, type Tx } from "@quartermaster/messaging";
import { stampColumns } from "./columns";

export type LocationRow = AnswerOf<typeof CreateLocation>;

/** Seeded by the first migration (code MAIN): opening stock is received here. */
export const defaultLocationId = "01900000-0000-7000-8000-000000000001";

/** A location as the contracts show it, of a row called loc. */
export const locationColumns = `loc.id, loc.code, loc.name, loc.type, loc.version, ${stampColumns("loc")}`;

const insert = sql(
  "insert-locations",
  `insert into locations as loc (id, code, name, type, created_by, updated_by)
   select r.id, r.code, r.name, r.type, r.by, r.by
   from jsonb_to_recordset($1::jsonb) as r(id uuid, code text, name text, type text, by text)
   order by r.code
   on conflict (code) do nothing
   returning ${locationColumns}`,
);

/** Inserts locations with distinct codes. Those whose code was taken are missing from the answer. */
export async function insertLocations(
  tx: Tx,
  locations: readonly { id: string; code: string; name: string; type: LocationRow["type"]; by: string }[],
): Promise<LocationRow[]> {
  return tx.rows(insert, [JSON.stringify(locations)]);
}

/** Those of the codes that name a location which orders sell from. */
export async function sellableCodes(tx: Tx, codes: readonly string[]): Promise<Set<string>> {
  if (codes.length === 0) return new Set();
  const rows = await tx.rows<{ code: string }>(
    sql(
      "sellable-codes",
      "select code from locations where code = any($1::text[]) and sellable and deleted_at is null",
    ),
    [codes],
  );
  return new Set(rows.map(({ code }) => code));
}
