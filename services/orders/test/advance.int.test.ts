import { ReleaseStock } from "@quartermaster/contracts";
import { newId, type RunningService, serviceActor, startService, type Tx } from "@quartermaster/messaging";
import { ProcessConfig } from "@quartermaster/process";
import { openWorld, silentLog, type World } from "@quartermaster/testkit";
import { advance, advanceOptimistically, beginSagas, type Happening } from "../src/runner/advance";
import { play } from "../src/runner/play";
import { ask, local, saga } from "../src/sagas/engine/saga";
import { findSaga, type SagaRow } from "../src/store/sagas";

let world: World;
let orders: RunningService;
let tried: string[][] = [];

beforeAll(async () => {
  world = await openWorld("orders");
  await world.sql("create table orders.finished (saga uuid not null)");
  await world.sql("grant all on orders.finished to orders");
  const config = ProcessConfig.parse({
    DATABASE_URL: world.databaseUrl("orders"),
    ...world.natsFor("orders"),
    INSTANCE: "one",
    DATABASE_POOL_MAX: 4,
  });
  orders = await startService({ service: "orders", config, log: silentLog, messages: [] });
});
beforeEach(() => {
  defectOf = undefined;
  tried = [];
});
afterAll(async () => {
  await orders?.stop();
  await world?.close();
});

/** A saga that asks once, and writes down that it was answered. */
const asking = saga<Record<string, never>>("asking", [
  ask(ReleaseStock, { do: () => ({ orderId: newId() }) as never }),
  local("finish"),
]);
const plays = {
  asking: play<Record<string, never>>({ saga: asking, writes: { finish } }),
};

/** What shall go wrong with a saga's last write, without the database. */
let defectOf: string | undefined;

async function finish(tx: Tx, rows: readonly SagaRow<Record<string, never>>[]) {
  const ids = rows.map((row) => row.state.id);
  tried.push(ids);
  if (defectOf !== undefined && ids.includes(defectOf)) throw new Error("a defect");
  await tx.rows({ text: "insert into finished (saga) select unnest($1::uuid[])", values: [ids] });
  return {};
}

/** A saga that waits for its answer, and its being answered. */
async function answered(): Promise<Happening> {
  const id = newId();
  const meta = { actor: serviceActor("orders"), requestId: null, causation: null, traceparent: null };
  await orders.inTransaction(async (tx) => {
    await beginSagas(tx, plays, [{ saga: "asking", id, orderId: id, data: {}, meta }], Date.now());
    return { result: undefined, said: [] };
  });
  const row = (await findSaga(orders.db, id)) as SagaRow;
  return { row, input: { kind: "answered", step: 0, call: "do", answer: {} } };
}

function laneOfSagas() {
  const by = (run: typeof advance) => async (tx: Tx, happenings: Happening[]) => {
    await run(tx, plays, happenings, Date.now());
    return { results: happenings.map(() => "heard"), said: [] };
  };
  return orders.lane<Happening, string>({
    name: "sagas of a test",
    sizeMax: 10,
    run: by(advance),
    optimistic: by(advanceOptimistically),
  });
}

const finished = async () =>
  (await world.sql<{ saga: string }>("select saga from orders.finished order by saga")).map(
    (row) => row.saga,
  );

test("a saga that somebody else has moved on is not moved again; the one beside it is", async () => {
  const hear = laneOfSagas();
  const [known, fresh] = [await answered(), await answered()];
  const ids = [known, fresh].map(({ row }) => row.state.id);
  expect(await hear(known)).toBe("heard");
  expect(await Promise.all([hear(known), hear(fresh)])).toEqual(["heard", "heard"]);
  expect(await finished()).toEqual([...ids].sort());
  // As if it were new, and then as it is.
  expect(tried).toEqual([[ids[0]], [...ids].sort(), [ids[1]]]);
});

test("a write that fails over a saga that has moved on is no failure, since it was not to be", async () => {
  await world.sql("create unique index on orders.finished (saga)");
  const hear = laneOfSagas();
  const known = await answered();
  expect(await hear(known)).toBe("heard");
  expect(await hear(known)).toBe("heard");
  expect(tried).toEqual([[known.row.state.id], [known.row.state.id]]);
  expect((await finished()).filter((id) => id === known.row.state.id)).toHaveLength(1);
});

test("a defect over a saga that has moved on is none either; over one that has not, it is told", async () => {
  const hear = laneOfSagas();
  const [known, fresh] = [await answered(), await answered()];
  expect(await hear(known)).toBe("heard");
  defectOf = known.row.state.id;
  expect(await hear(known)).toBe("heard");
  defectOf = fresh.row.state.id;
  await expect(hear(fresh)).rejects.toThrow("a defect");
});
