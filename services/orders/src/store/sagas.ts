import { type Meta, type Reader, sql, type Tx, texts } from "@quartermaster/messaging";
import type { Note } from "../sagas/engine/saga";
import type { Phase, SagaState } from "../sagas/engine/state";
import { historyOf } from "./history";

/** A command that is answered when the saga has ended, beside the one that began it. */
export interface Waiting {
  readonly id: string;
  readonly meta: Meta;
  readonly reason: string | null;
}

/**
 * A saga as it stands in its row. `meta` goes with all that it sends and says: it acts in the name of the command that
 * began it, and caused by it. One that has ended is read back without meta, waiting and data.
 */
export interface SagaRow<Data = unknown> {
  readonly name: string;
  readonly orderId: string;
  readonly meta: Meta;
  readonly waiting: readonly Waiting[];
  readonly createdAt: number;
  readonly state: SagaState<Data>;
}

/** A row to write, with the version that it must still have and what its timeline gains. */
export interface SagaWrite {
  readonly row: SagaRow;
  readonly fromVersion: number;
  readonly notes: readonly Note[];
}

export interface Columns {
  id: string;
  name: string;
  order_id: string;
  phase: Phase;
  step: number;
  attempts: number;
  version: number;
  due_ms: number | null;
  body: string;
  created_ms: number;
}

export const columns = `id, name, order_id, phase, step, attempts, version,
  (extract(epoch from due_at) * 1000)::float8 as due_ms, body,
  (extract(epoch from created_at) * 1000)::float8 as created_ms`;

const insertRows = sql(
  "sagas-insert",
  `insert into sagas (id, name, order_id, phase, step, attempts, version, due_at, body, history, created_at)
   select unnest($1::uuid[]) as id, unnest($2::text[]), unnest($3::uuid[]), unnest($4::text[]), unnest($5::int[]),
     unnest($6::int[]), unnest($7::int[]), to_timestamp(unnest($8::float8[]) / 1000.0), unnest($9::text[]),
     unnest($10::text[]), to_timestamp(unnest($11::float8[]) / 1000.0)
   order by id
   on conflict (id) do nothing`,
);

/**
 * Writes new sagas. One that exists already is left as it is: another instance took the same command at the same time,
 * and the inbox will send this batch back to find its reply.
 */
export function insertSagas(tx: Tx, writes: readonly SagaWrite[], now: number): void {
  if (writes.length === 0) return;
  tx.write(insertRows, [
    writes.map(({ row }) => row.state.id),
    writes.map(({ row }) => row.name),
    writes.map(({ row }) => row.orderId),
    writes.map(({ row }) => row.state.phase),
    writes.map(({ row }) => row.state.step),
    writes.map(({ row }) => row.state.attempts),
    writes.map(({ row }) => row.state.version),
    writes.map(({ row }) => row.state.dueAt),
    texts(writes.map(({ row }) => bodyOf(row))),
    texts(writes.map(({ notes }) => historyOf(notes, now))),
    writes.map(({ row }) => row.createdAt),
  ]);
}

const moved = `update sagas set phase = moved.phase, step = moved.step, attempts = moved.attempts, version = moved.version,
     due_at = to_timestamp(moved.due_ms / 1000.0), body = moved.body, history = sagas.history || moved.history
   from (
     select unnest($1::uuid[]) as id, unnest($2::int[]) as from_version, unnest($3::text[]) as phase,
       unnest($4::int[]) as step, unnest($5::int[]) as attempts, unnest($6::int[]) as version,
       unnest($7::float8[]) as due_ms, unnest($8::text[]) as body, unnest($9::text[]) as history
     order by id
   ) as moved
   where sagas.id = moved.id and sagas.version = moved.from_version
   returning sagas.id`;
const moveRows = sql("sagas-move", moved);
const moveAllRows = sql(
  "sagas-move-all",
  `with moved as (${moved}) select assume((select count(*) from moved) = cardinality($1))`,
);

/** Compare-and-set on the version; answers the ids that moved. The others were moved by somebody else before. */
export async function moveSagas(tx: Tx, writes: readonly SagaWrite[], now: number): Promise<Set<string>> {
  if (writes.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(moveRows, moveValues(writes, now));
  return new Set(rows.map((row) => row.id));
}

/** As {@link moveSagas}, without waiting: the transaction fails where one was moved by somebody else (`assume`). */
export function moveAllSagas(tx: Tx, writes: readonly SagaWrite[], now: number): void {
  if (writes.length > 0) tx.write(moveAllRows, moveValues(writes, now));
}

function moveValues(writes: readonly SagaWrite[], now: number): unknown[] {
  return [
    writes.map(({ row }) => row.state.id),
    writes.map((write) => write.fromVersion),
    writes.map(({ row }) => row.state.phase),
    writes.map(({ row }) => row.state.step),
    writes.map(({ row }) => row.state.attempts),
    writes.map(({ row }) => row.state.version),
    writes.map(({ row }) => row.state.dueAt),
    texts(writes.map(({ row }) => bodyOf(row))),
    texts(writes.map(({ notes }) => historyOf(notes, now))),
  ];
}

const dueRows = sql(
  "sagas-due",
  `select ${columns} from sagas where due_at <= to_timestamp($1::float8 / 1000.0)
   order by due_at limit $2 for update skip locked`,
);

/**
 * Due sagas, the longest due first, without those that another instance is moving at this moment. They are not held:
 * who moves one that was moved meanwhile misses its compare-and-set. A row whose body is no JSON is named apart.
 */
export async function findDueSagas(
  db: Reader,
  now: number,
  limit: number,
): Promise<{ sagas: SagaRow[]; unreadable: { id: string; name: string }[] }> {
  const sagas: SagaRow[] = [];
  const unreadable: { id: string; name: string }[] = [];
  for (const row of await db.rows<Columns>(dueRows, [now, limit])) {
    try {
      sagas.push(rowOf(row));
    } catch {
      unreadable.push({ id: row.id, name: row.name });
    }
  }
  return { sagas, unreadable };
}

const postponeRows = sql(
  "sagas-postpone",
  `update sagas set due_at = to_timestamp($2::float8 / 1000.0)
   where id = any($1::uuid[]) and due_at < to_timestamp($2::float8 / 1000.0)`,
);

/** Nobody looks at these unfinished sagas before `until` (milliseconds since 1970); what they are does not change. */
export async function postponeSagas(db: Reader, ids: readonly string[], until: number): Promise<void> {
  if (ids.length > 0) await db.rows(postponeRows, [ids, until]);
}

const lockRows = sql(
  "sagas-lock",
  `select ${columns} from sagas where id = any($1::uuid[]) order by id for update`,
);

/** Locked in the order of their ids. Sagas are locked before orders, everywhere. */
export async function lockSagas(tx: Tx, ids: readonly string[]): Promise<Map<string, SagaRow>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<Columns>(lockRows, [ids]);
  return new Map(rows.map((row) => [row.id, rowOf(row)]));
}

const findRow = sql("sagas-find", `select ${columns} from sagas where id = $1`);

export async function findSaga(db: Reader, id: string): Promise<SagaRow | undefined> {
  return (await db.rows<Columns>(findRow, [id])).map(rowOf)[0];
}

// The cause of what it sends is its own id, and that is a column.
interface Body
  extends Pick<SagaRow, "waiting">,
    Pick<SagaState<unknown>, "since" | "sentAt" | "reason" | "data">,
    Partial<Pick<SagaState<unknown>, "failure" | "anew">> {
  readonly meta: Omit<Meta, "causation">;
}

// Once it has ended, its order's row and its history say all that is asked of it: what it knew is not written again.
function bodyOf({ state, meta, waiting }: SagaRow): string {
  if (state.dueAt === null) return "{}";
  const { actor, requestId, traceparent } = meta;
  const body: Body = {
    data: state.data,
    meta: { actor, requestId, traceparent },
    waiting,
    since: state.since,
    sentAt: state.sentAt,
    reason: state.reason,
    ...(state.failure === null ? {} : { failure: state.failure }),
    ...(state.anew === null ? {} : { anew: state.anew }),
  };
  return JSON.stringify(body);
}

/** The saga in a row. Throws on a row whose body is no JSON. */
export function rowOf(row: Columns): SagaRow {
  const {
    data,
    meta,
    waiting,
    since,
    sentAt,
    reason,
    failure = null,
    anew = null,
  } = JSON.parse(row.body) as Body;
  const { id, phase, step, attempts, version } = row;
  return {
    name: row.name,
    orderId: row.order_id,
    meta: { ...meta, causation: id },
    waiting,
    createdAt: Math.round(row.created_ms),
    state: {
      id,
      version,
      phase,
      step,
      attempts,
      since,
      sentAt,
      dueAt: row.due_ms === null ? null : Math.round(row.due_ms),
      reason,
      failure,
      anew,
      data,
    },
  };
}
