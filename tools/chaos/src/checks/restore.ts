import { cpSync, statSync } from "node:fs";
import { join } from "node:path";
import { type PostgresServer, poll, serviceNames, startPostgres } from "@quartermaster/servers";
import { Client } from "pg";
import type { Arena } from "../arena/arena";
import { type DumpPrograms, findDumpPrograms } from "../arena/dump-programs";
import type { Buyer } from "../arena/people";
import { check, type Ground } from "../check";
import { untilSettled } from "../invariants/checker";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";
import type { Operation } from "../load/operation";
import { claimStreamWhole } from "./broker-amnesia";

/** What the new database meets on the broker's side. */
const stores = {
  lost: { says: "the NATS store lost", from: undefined, newEpochs: false },
  older: { says: "a NATS store older than the dump", from: "nats-copy", newEpochs: false },
  // As docs/operations.md says: what a newer store has did not happen any more, so it goes, and numbers are not used twice.
  newer: {
    says: "the store deleted and new epochs begun, as the runbook says",
    from: undefined,
    newEpochs: true,
  },
} as const;

type StoreName = keyof typeof stores;

interface Sizes {
  readonly stores: readonly StoreName[];
  readonly before: number;
  readonly after: number;
}

const password = "only-of-this-run";
const healedWithinMs = 30_000;
const repeatedMax = 20;

export const restore = check<Sizes>({
  name: "restore",
  number: 16,
  about:
    "pg_dump under load, pg_restore into a fresh Postgres, with the NATS store lost or older: it heals without help, and the invariants hold.",
  sizes: {
    reduced: { stores: ["older", "newer"], before: 150, after: 60 },
    full: { stores: ["lost", "older", "newer"], before: 20_000, after: 2_000 },
  },
  run: async (ground) => {
    const { record, say } = ground;
    const programs = await findDumpPrograms();
    if (programs === undefined)
      return record.leaveOut(
        "dump and restore",
        "no Postgres with pg_dump here; install one (Debian: postgresql), or set PG_BIN",
      );
    say(programs.version);
    const dumped = await underLoad(ground, programs);
    for (const name of ground.size.stores) await restored(ground, programs, dumped, name);
  },
});

interface Dumped {
  readonly file: string;
  /** The stack that was dumped: its secrets, and what its broker kept. */
  readonly folder: string;
  readonly buyers: readonly Buyer[];
  readonly product: number;
  /** What clients knew when the dump began, and nothing that they learned later. */
  readonly known: readonly Operation[];
}

async function underLoad(ground: Ground<Sizes>, programs: DumpPrograms): Promise<Dumped> {
  const { size, random, record, say } = ground;
  return onServer(ground, programs, "before", async (server) => {
    const arena = await ground.openArena({ name: "before", databaseUrl: server.url("quartermaster") });
    const buyers = await arena.people.newBuyers(1);
    const product = await arena.people.newProduct({ stock: 1_000_000 });
    const load = startLoad(arena, random.fork("load"), record, {
      ...{ clients: 8, buyers, products: [product], cancelled: 0.3 },
    });
    await load.more(size.before / 2, 3_600_000);
    await arena.copyNats();
    await load.more(size.before / 2, 3_600_000);
    const known = knownOf(load.operations);
    const file = join(ground.folder, "quartermaster.dump");
    record.fault("pg_dump", programs.version);
    await programs.dump(server.url("quartermaster"), file);
    const [open] = await arena.sql<{ count: number }>(
      "select count(*)::int as count from orders.sagas where due_at is not null",
    );
    say(`dumped at work, ${Math.round(statSync(file).size / 1_000)} kB; ${open?.count} sagas under way`);
    await load.more(size.after, 3_600_000);
    await load.stop();
    const acknowledged = known.filter(({ outcome }) => outcome !== "unknown").length;
    say(`${acknowledged} operations were acknowledged before the dump, ${load.settled} in the end`);
    await ground.closeArena(arena);
    return { file, folder: arena.folder, buyers, product, known };
  });
}

/** Copies, since clients go on. What they learned after the dump is lost with it, so they do not know it here. */
function knownOf(operations: readonly Operation[]): Operation[] {
  const known = operations.map((one) => ({ ...one }));
  return known.filter(({ outcome }) => outcome !== "unknown");
}

async function restored(
  ground: Ground<Sizes>,
  programs: DumpPrograms,
  dumped: Dumped,
  name: StoreName,
): Promise<void> {
  const { says, from, newEpochs } = stores[name];
  await onServer(ground, programs, name, async (server) => {
    ground.record.fault("pg_restore", says);
    await programs.restore(dumped.file, server.url("postgres"));
    if (newEpochs) await beginEpochs(server.url("quartermaster"));
    const folder = join(ground.folder, name);
    cpSync(join(dumped.folder, "secrets"), join(folder, "secrets"), { recursive: true });
    if (from) cpSync(join(dumped.folder, from), join(folder, "nats", "jetstream"), { recursive: true });
    const arena = await ground.openArena({ name, databaseUrl: server.url("quartermaster") });
    await claimRestored(ground, arena, dumped, { says, newEpochs });
    await ground.closeArena(arena);
  });
}

async function claimRestored(
  { size, random, record, say }: Ground<Sizes>,
  arena: Arena,
  dumped: Dumped,
  { says, newEpochs }: { says: string; newEpochs: boolean },
): Promise<void> {
  record.faultsOver();
  const { buyers, product, known } = dumped;
  await claimFirstOrder(arena, record, buyers[0] as Buyer, product);
  const settled = await untilSettled(arena.sql, Math.max(healedWithinMs - record.sinceFaults(), 0));
  record.claim(
    `${says}: all that was under way is finished within 30 s`,
    typeof settled === "number",
    typeof settled === "number" ? `after ${(record.sinceFaults() / 1_000).toFixed(1)} s` : settled,
  );
  await claimSameAnswers(arena, dumped, (holds, figure) =>
    record.claim(`${says}: who asks again for what was done before the dump is told the same`, holds, figure),
  );
  const load = startLoad(arena, random.fork(says), record, {
    ...{ clients: 8, buyers, products: [product], cancelled: 0.3, operationsMax: size.after },
  });
  await load.ended;
  await claimInvariants(arena, record, [
    { operations: [...known, ...cancelsIn(known)], surprises: [] },
    load,
  ]);
  // Of an earlier epoch the stream is not refilled; whoever lacks something of it asks its source.
  if (!newEpochs) await claimStreamWhole(arena, record);
  say(`${says}: checked`);
}

/** Orders placed before the dump may have been cancelled before its moment, by requests that were answered behind it. */
function cancelsIn(known: readonly Operation[]): Operation[] {
  return known.flatMap((one) =>
    one.kind === "place" && one.outcome === "placed"
      ? [
          {
            ...one,
            label: `${one.label}-cancel`,
            kind: "cancel" as const,
            outcome: "unknown" as const,
            abandoned: true,
          },
        ]
      : [],
  );
}

async function claimSameAnswers(
  arena: Arena,
  { known, buyers }: Dumped,
  claim: (holds: boolean, figure: string) => void,
): Promise<void> {
  const placed = known
    .filter(({ kind, outcome }) => kind === "place" && outcome === "placed")
    .slice(-repeatedMax);
  const wrong: string[] = [];
  for (const { label, productId, quantity, orderId } of placed) {
    const ask = (buyer: Buyer) =>
      arena.http.ask("POST", "/orders", {
        token: buyer.token,
        headers: { "idempotency-key": label },
        body: { items: [{ product_id: productId, quantity }], notes: label },
      });
    const buyer = buyers[0] as Buyer;
    const answer = await poll(
      async () => (await ask(buyer)).status === 201 && (await ask(buyer)),
      5_000,
      100,
    );
    if (answer === undefined || answer.body.id !== orderId) wrong.push(label);
  }
  claim(placed.length > 0 && wrong.length === 0, wrong.join(", ") || `${placed.length} asked again`);
}

async function beginEpochs(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const service of serviceNames)
      await client.query(
        `set role ${service}_owner; set search_path to ${service}; select new_epoch(); reset role`,
      );
  } finally {
    await client.end();
  }
}

/** A Postgres of its own, in the folder of the arena that works on it. */
async function onServer<T>(
  { folder }: Ground<Sizes>,
  programs: DumpPrograms,
  name: string,
  work: (server: PostgresServer) => Promise<T>,
): Promise<T> {
  const place = {
    folder: join(folder, name, "postgres"),
    logFile: join(folder, name, "logs", "postgres.log"),
  };
  const server = await startPostgres({ ...place, password, programs, durable: true });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}
