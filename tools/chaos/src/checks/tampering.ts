import { type ChainRow, chainStart, type Head, hashBehind, verifyTrail } from "@quartermaster/audit-verifier";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { untilSettled } from "../invariants/checker";
import { startLoad } from "../load/load";
import type { Random } from "../random";
import { runTests } from "./jest-tests";

interface Attack {
  /** What is done to the record at position $1 of a trail without its guards. */
  readonly sql: string;
  /** All hashes and the head are made to fit again, as somebody would who has read how. */
  readonly rehashed: boolean;
}

const renumber = (by: number, from: string) =>
  // Over negative numbers, because a position is there only once.
  `update audit.records set position = -position where position ${from};
   update audit.records set position = -position + ${by} where position < 0;`;

/** With the position in the place of AT. */
const attacks: Readonly<Record<string, Attack>> = {
  "a bit of a value flipped": {
    sql: `update audit.records set description =
      overlay(description placing chr(ascii(left(description, 1)) # 1) from 1 for 1) where position = AT;`,
    rehashed: false,
  },
  "a bit of a hash flipped": {
    sql: "update audit.records set hash = set_bit(hash, 77, 1 - get_bit(hash, 77)) where position = AT;",
    rehashed: false,
  },
  "another user blamed": {
    sql: "update audit.records set user_id = 'somebody-else' where position = AT;",
    rehashed: false,
  },
  "edited, and all behind it rehashed": {
    sql: "update audit.records set user_id = 'somebody-else' where position = AT;",
    rehashed: true,
  },
  deleted: { sql: "delete from audit.records where position = AT;", rehashed: false },
  "deleted, renumbered and rehashed": {
    sql: `delete from audit.records where position = AT; ${renumber(-1, "> AT")}`,
    rehashed: true,
  },
  "inserted, renumbered and rehashed": {
    sql: `${renumber(1, "> AT")}
      insert into audit.records select position + 1, source, epoch + 1000, seq, at, recorded_at, actor_kind, user_id, user_name, role,
        ip, action, entity, record_id, version, event, description, old_values, new_values, request_id, hash
      from audit.records where position = AT;`,
    rehashed: true,
  },
  "swapped with the next one": {
    sql: `update audit.records set position = -position where position in (AT, AT + 1);
      update audit.records set position = AT + AT + 1 + position where position < 0;`,
    rehashed: false,
  },
  "swapped with the next one and rehashed": {
    sql: `update audit.records set position = -position where position in (AT, AT + 1);
      update audit.records set position = AT + AT + 1 + position where position < 0;`,
    rehashed: true,
  },
  "everything from it on cut off": {
    sql: "delete from audit.records where position >= AT;",
    rehashed: false,
  },
  "cut off, and the head moved back": {
    sql: "delete from audit.records where position >= AT;",
    rehashed: true,
  },
};

export const tampering = check({
  name: "tampering",
  number: 11,
  about:
    "Records of the audit flipped, edited and rehashed, deleted, inserted, swapped, cut off, and an older copy put back: all found by a verifier that needs no service.",
  sizes: {
    reduced: { places: 3, orders: 150, tests: false },
    full: { places: 30, orders: 2_000, tests: true },
    hunt: { places: 1, orders: 50, tests: false },
  },
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena();
    const buyers = (await arena.people.newBuyers(2)) as Buyer[];
    const products = [await arena.people.newProduct({ stock: 1_000_000 })];
    const load = { clients: 8, buyers, products, operationsMax: size.orders };
    await startLoad(arena, random.fork("load"), record, load).ended;
    await untilSettled(arena.sql, arena.patience.settleMs);
    await arena.sql("create table public.older as select * from audit.records");
    await startLoad(arena, random.fork("more load"), record, load).ended;
    await untilSettled(arena.sql, arena.patience.settleMs);
    for (const name of ["audit", "gateway"] as const) await arena.stack.stopService(name);
    await disarm(arena);
    const whole = await verifyTrail(arena.sql);
    record.claim(
      "the trail that nobody touched is whole, without any service",
      whole.wrong.length === 0,
      whole.wrong.join("; ") || `${whole.records} records`,
    );
    say(
      `${whole.records} records; ${Object.keys(attacks).length} ways of tampering at ${size.places} places`,
    );
    await tamper({ arena, kept: whole.head, random, places: size.places }, (name, missed, found) =>
      record.claim(
        `found: ${name}`,
        missed.length === 0,
        missed.length === 0 ? `at ${size.places} places; ${found}` : `not at record ${missed.join(", ")}`,
      ),
    );
    record.count("trails tampered with", (Object.keys(attacks).length + 1) * size.places);
    if (size.tests) await runTests(record, ["services/audit/test/append-only.int.test.ts"]);
  },
});

interface Scene {
  readonly arena: Arena;
  /** What was written down elsewhere before anybody tampered. */
  readonly kept: Head;
  readonly random: Random;
  readonly places: number;
}

async function tamper(
  { arena, kept, random, places }: Scene,
  tell: (name: string, missed: readonly number[], found: string) => void,
): Promise<void> {
  const tryOne = async (sql: string, isRehashed: boolean): Promise<string | undefined> => {
    await arena.sql(sql);
    if (isRehashed) await rehash(arena);
    const { wrong } = await verifyTrail(arena.sql, [kept]);
    await putBack(arena, "kept");
    return wrong[0];
  };
  await arena.sql("create table public.kept as select * from audit.records");
  for (const [name, { sql, rehashed }] of Object.entries(attacks)) {
    const missed: number[] = [];
    let found = "";
    for (let n = 0; n < places; n++) {
      const at = random.between(2, kept.position - 1);
      const wrong = await tryOne(sql.replaceAll("AT", `${at}`), rehashed);
      if (wrong === undefined) missed.push(at);
      else found ||= `for one, ${wrong}`;
    }
    tell(name, missed, found);
  }
  await putBack(arena, "older");
  const { wrong } = await verifyTrail(arena.sql, [kept]);
  const { wrong: unnoticed } = await verifyTrail(arena.sql);
  await putBack(arena, "kept");
  // By itself an older copy is whole: it is the kept head that shows it.
  const isFound = wrong.length > 0 && unnoticed.length === 0;
  tell("an older copy put back", isFound ? [] : [kept.position], `for one, ${wrong[0]}`);
}

/** What binds even a superuser binds nobody who may alter the table. */
async function disarm(arena: Arena): Promise<void> {
  await arena.sql(`alter table audit.records disable trigger all; alter table audit.chain disable trigger all;
    alter table audit.records drop constraint records_position_check`);
}

async function putBack(arena: Arena, table: "kept" | "older"): Promise<void> {
  await arena.sql(`truncate audit.records; insert into audit.records select * from public.${table};
    update audit.chain set (position, hash) = (select position, hash from audit.records order by position desc limit 1)`);
}

/** What a careful forger does: every hash follows from its record again, and the head is the last one. */
async function rehash(arena: Arena): Promise<void> {
  const rows = await arena.sql<ChainRow>("select * from audit.records order by position");
  let hash = chainStart;
  const hashes = rows.map((row) => {
    hash = hashBehind(hash, row);
    return Buffer.from(hash, "hex");
  });
  await arena.sql(
    `update audit.records r set hash = f.hash from unnest($1::bigint[], $2::bytea[]) as f (position, hash)
     where f.position = r.position`,
    [rows.map(({ position }) => position), hashes],
  );
  await arena.sql("update audit.chain set position = $1, hash = $2", [
    rows.at(-1)?.position ?? 0,
    hashes.at(-1) ?? Buffer.from(chainStart, "hex"),
  ]);
}
