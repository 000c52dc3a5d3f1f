import { serviceNames } from "@quartermaster/servers";
import { Client } from "pg";
import type { Arena } from "../arena/arena";
import { check } from "../check";
import { runTests } from "./jest-tests";

type Service = (typeof serviceNames)[number];

interface Table {
  readonly schema: Service;
  readonly name: string;
  readonly column: string;
}

/** What nobody may do to another service's table. With the table in the place of TABLE, and one of its columns in that of COLUMN. */
const acts: Readonly<Record<string, string>> = {
  read: "select 1 from TABLE limit 1",
  add: "insert into TABLE default values",
  change: "update TABLE set COLUMN = COLUMN",
  delete: "delete from TABLE",
  empty: "truncate TABLE",
  lock: "lock table TABLE in share mode",
  "read its columns": "copy TABLE to stdout",
};

/** What the service that owns it may not do either: history is added to, and never rewritten. */
const rewriting = ["change", "delete", "empty"] as const;

/** Ways around the rights; with another service in the place of OTHER. */
const detours: Readonly<Record<string, string>> = {
  "become another": "set role OTHER",
  "become another's owner": "set role OTHER_owner",
  "become the superuser": "set role postgres",
  "replay without triggers": "set session_replication_role = replica",
  "read the server's files": "select pg_read_file('PG_VERSION')",
  "run a program": "copy (select 1) to program 'true'",
  "make a table in another's schema": "create table OTHER.mine (id int)",
  "make a function in another's schema":
    "create function OTHER.mine() returns int language sql as 'select 1'",
  "make a table where all may look": "create table public.mine (id int)",
  "begin another's epoch": "select OTHER.new_epoch()",
};

export const rights = check({
  name: "rights",
  number: 12,
  about:
    "Every service's database role against every table of every other schema, and against the histories of its own; NATS users against the published table: all else is refused.",
  sizes: { reduced: {}, full: {} },
  run: async ({ record, openArena, closeArena }) => {
    const arena = await openArena();
    const tables = await tablesOf(arena);
    const histories = await historiesOf(arena);
    for (const service of serviceNames) {
      const statements = [
        ...tables
          .filter(({ schema }) => schema !== service)
          .flatMap((table) => Object.entries(acts).map(([act, sql]) => on(table, act, sql))),
        ...histories
          .filter(({ schema }) => schema === service)
          .flatMap((table) => rewriting.map((act) => on(table, act, acts[act] as string))),
        ...serviceNames
          .filter((other) => other !== service)
          .flatMap((other) =>
            Object.entries(detours).map(([what, sql]) => ({
              what: `${what} (${other})`,
              sql: sql.replaceAll("OTHER", other),
            })),
          ),
      ];
      const allowed = await notRefused(arena.stack.databaseUrl(service), statements);
      record.count("attempts", statements.length);
      record.claim(
        `the role of ${service} is refused whatever is not its own`,
        allowed.length === 0,
        allowed.slice(0, 5).join("; ") || `${statements.length} attempts, SQLSTATE 42501 each`,
      );
    }
    record.claim(
      "records, invoices and credit notes are histories",
      ["audit.records", "billing.invoices", "billing.credit_notes"].every((name) =>
        histories.some((table) => `${table.schema}.${table.name}` === name),
      ),
      histories.map(({ schema, name }) => `${schema}.${name}`).join(", "),
    );
    await closeArena(arena);
    await runTests(record, [
      "services/inventory/test/rights.int.test.ts",
      "services/billing/test/append-only.int.test.ts",
      "tools/generate/test/nats-rights.int.test.ts",
    ]);
  },
});

interface Attempt {
  readonly what: string;
  readonly sql: string;
}

function on({ schema, name, column }: Table, act: string, sql: string): Attempt {
  const table = `${schema}."${name}"`;
  return { what: `${act} ${table}`, sql: sql.replaceAll("TABLE", table).replaceAll("COLUMN", `"${column}"`) };
}

/** Partitions too: whoever may not go through the front door might find one of them open. */
function tablesOf(arena: Arena): Promise<Table[]> {
  return arena.sql<Table>(
    `select n.nspname as schema, c.relname as name,
       (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = 1) as column
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm') and n.nspname = any($1::text[]) order by 1, 2`,
    [serviceNames],
  );
}

/** Tables with a trigger that refuses to rewrite them. */
function historiesOf(arena: Arena): Promise<Table[]> {
  return arena.sql<Table>(
    `select distinct n.nspname as schema, c.relname as name,
       (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = 1) as column
     from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where t.tgenabled = 'A' and (t.tgtype::int & 8) > 0 and (t.tgtype::int & 16) > 0 and not t.tgisinternal
       and n.nspname = any($1::text[]) order by 1, 2`,
    [serviceNames],
  );
}

const insufficientPrivilege = "42501";

/** Sentences on what was done, or failed for another reason than a right. */
async function notRefused(url: string, attempts: readonly Attempt[]): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const wrong: string[] = [];
  try {
    for (const { what, sql } of attempts) {
      await client.query("begin");
      const outcome = await client.query(sql).then(
        () => "done",
        (error: { code?: string; message: string }) =>
          error.code === insufficientPrivilege ? undefined : `${error.code} ${error.message}`,
      );
      if (outcome !== undefined) wrong.push(`${what}: ${outcome}`);
      await client.query("rollback");
    }
  } finally {
    await client.end();
  }
  return wrong;
}
