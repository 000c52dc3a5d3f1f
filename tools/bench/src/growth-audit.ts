import { verifyTrail } from "@quartermaster/audit-verifier";
import type { Client } from "pg";
import { type CopiedTable, type Copying, type Range, selectCopies } from "./growth-clone";

const iso = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const text = (column: string) => `coalesce(to_json(${column}::text)::text, 'null')`;

/** What a record's hash is over: services/audit/README.md, in SQL, since whole histories are copied by the database. */
const canonical = `'["quartermaster-audit-1",' || concat_ws(',', position, ${text("source")}, epoch, seq,
  ${text(iso("at"))}, ${text(iso("recorded_at"))}, ${["actor_kind", "user_id", "user_name", "role", "ip", "action", "entity", "record_id"].map(text).join(", ")},
  version, ${["event", "description", "old_values", "new_values", "request_id"].map(text).join(", ")}) || ']'`;

/** The hashes of texts that follow each other, each over the one before it in hex and its own text. */
const chained = `create or replace function pg_temp.chained(last text, texts text[]) returns bytea[]
language plpgsql as $$
declare
  hashes bytea[] := array_fill(null::bytea, array[cardinality(texts)]);
  hash text := last;
begin
  for n in 1 .. cardinality(texts) loop
    hashes[n] := sha256(convert_to(hash || texts[n], 'UTF8'));
    hash := encode(hashes[n], 'hex');
  end loop;
  return hashes;
end $$`;

/** Inserts the copies of audit records behind the chain's head, and moves the head. */
export async function copyRecords(
  client: Client,
  copying: Copying,
  copied: CopiedTable,
  range: Range,
): Promise<void> {
  await client.query(chained);
  await client.query("drop table if exists pg_temp.copied_records");
  await client.query(
    `create temp table copied_records as ${await selectCopies(client, copying, copied, range)}`,
  );
  await client.query("alter table copied_records drop column hash");
  await client.query(
    `with hashed as (
       select pg_temp.chained((select encode(hash, 'hex') from audit.chain), array_agg(${canonical} order by position)) as hashes,
         min(position) as first
       from copied_records
     ), moved as (
       update audit.chain set position = first + cardinality(hashes) - 1, hash = hashes[cardinality(hashes)] from hashed
     )
     insert into audit.records (position, source, epoch, seq, at, recorded_at, actor_kind, user_id, user_name, role, ip, action, entity,
       record_id, version, event, description, old_values, new_values, request_id, hash)
     select position, source, epoch, seq, at, recorded_at, actor_kind, user_id, user_name, role, ip, action, entity,
       record_id, version, event, description, old_values, new_values, request_id, hashes[position - first + 1]
     from copied_records, hashed order by position`,
  );
}

/** Sentences on what is wrong with the trail, by the verifier that shares no code with the audit, nor with what made the copies. */
export async function brokenChain(client: Client): Promise<string[]> {
  const { wrong } = await verifyTrail(
    async <Row>(text: string, values: unknown[] = []) => (await client.query(text, values)).rows as Row[],
  );
  return wrong.map((sentence) => `the audit trail: ${sentence}`);
}
