import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "@quartermaster/servers";
import { type Copying, copyRows } from "../src/growth-clone";
import { withClient } from "../src/invariants";

const folder = mkdtempSync(join(tmpdir(), "quartermaster-bench-test-"));
let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres({ folder: join(folder, "postgres"), password: "postgres", durable: false });
}, 60_000);
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const id = (last: string) => `01900000-0000-7000-8000-00000000000${last}`;

test("copies have ids, numbers and texts of their own, and rise original by original", async () => {
  const copying: Copying = {
    originals: "originals",
    copiesOfEach: 2,
    keys: {
      id: "(left(t.id::text, 24) || lpad(to_hex(s + 256), 12, '0'))::uuid",
      number: "'INV-' || (3 + s)",
    },
    replacements: [
      ["t.id::text", "k.id::text"],
      ["t.number", "k.number"],
    ],
    uuid: (column) => `case when ${column} = t.id then k.id else ${column} end`,
  };
  const rows = await withClient(postgres.url("postgres"), async (client) => {
    await client.query(`
      create domain word as text check (value <> '');
      create table papers (
        id uuid primary key, other uuid, number integer, says word, bytes bytea, twice integer generated always as (number * 2) stored
      );
      insert into papers values ('${id("1")}', '${id("9")}', 1, 'INV-1 is ${id("1")}', '\\x01'),
        ('${id("2")}', null, 2, 'INV-2 is ${id("2")}', '\\x02');
      create temp table originals as
        select number - 1 as n, papers.id, 'INV-' || papers.number as number from papers`);
    const copied = { table: "papers", of: "r.id = t.id", columns: { number: "3 + k.s" } };
    await copyRows(client, copying, copied, { from: 0, to: 1 });
    await copyRows(client, copying, copied, { from: 1, to: 2 });
    return (
      await client.query(
        "select right(id::text, 3) as id, right(other::text, 1) as other, number, left(says, 5) as says, right(says, 3) as told, twice from papers order by number",
      )
    ).rows;
  });
  expect(rows.slice(2)).toEqual([
    { id: "100", other: "9", number: 3, says: "INV-3", told: "100", twice: 6 },
    { id: "101", other: "9", number: 4, says: "INV-4", told: "101", twice: 8 },
    { id: "102", other: null, number: 5, says: "INV-5", told: "102", twice: 10 },
    { id: "103", other: null, number: 6, says: "INV-6", told: "103", twice: 12 },
  ]);
});
