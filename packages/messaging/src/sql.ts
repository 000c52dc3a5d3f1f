import type { Writable } from "node:stream";
import { Fault } from "@quartermaster/contracts";
import type { Pool, PoolClient, QueryConfig, QueryResult } from "pg";
import { arrayLiteral } from "./arrays";

/** SQL with $1-style parameters. A name makes it a prepared statement of the connection: planned once, then reused. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Runs statements and returns their rows. Over a pool each call stands alone; a {@link Tx} is one transaction. */
export interface Reader {
  rows<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
}

/** The transaction of a batch. Store functions take it first; nobody but messaging begins or commits one. */
export interface Tx extends Reader {
  /**
   * Sends a statement without waiting for it, so that it shares a round trip with what follows. Its failure is the
   * transaction's failure: everything behind it fails too, and the commit becomes a rollback. `read` gets its rows before
   * the transaction is over.
   */
  write<Row>(statement: Statement, values?: readonly unknown[], read?: (rows: Row[]) => void): void;
  /** Runs once the transaction is committed, never after a rollback. */
  afterCommit(run: () => void): void;
}

/** A named statement for a hot path. Names are unique within a service. */
export function sql(name: string, text: string): Statement {
  return { name, text };
}

/** A statement as `pg` takes it. */
function toQuery(statement: Statement, values: readonly unknown[] | undefined) {
  const bound = (values ?? statement.values)?.map((value) =>
    Array.isArray(value) ? arrayLiteral(value) : value,
  );
  return { ...(statement.name ? { name: statement.name } : {}), text: statement.text, values: bound };
}

/** Reads outside of any transaction: on any connection of the pool, or on the one given. */
export function readerOf(on: Pick<Pool | PoolClient, "query">): Reader {
  return {
    rows: async <Row>(statement: Statement, values?: readonly unknown[]) =>
      (await on.query(toQuery(statement, values))).rows as Row[],
  };
}

/**
 * The one transaction: commits when `work` succeeds, rolls back when it throws; its Tx is of no use after that. A
 * connection that broke is dropped from the pool. An error out of the commit itself leaves the outcome in doubt: callers
 * look it up (the inbox) before they repeat.
 */
export async function inTransaction<Result>(pool: Pool, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  const hooks: (() => void)[] = [];
  const sent: Promise<unknown>[] = [];
  let failure: unknown;
  let isOver = false;
  const send = (query: QueryConfig | string, read?: (rows: never[]) => void): Promise<QueryResult> => {
    shareWrite(client);
    const sending = client.query(query);
    if (read)
      sending
        .then((result) => read(result.rows as never[]))
        .catch((error) => {
          failure ??= error;
        });
    sending.catch((error) => {
      failure ??= error;
    });
    sent.push(sending);
    return sending;
  };
  // Not waited for. Where it fails, what is sent behind it stands alone, and a session that is read-only refuses to write.
  const begun = send("begin read write");
  let result: Result;
  try {
    result = await work({
      rows: async <Row>(statement: Statement, values?: readonly unknown[]) => {
        if (isOver) throw new Error(tooLate);
        shareWrite(client);
        return (await client.query(toQuery(statement, values))).rows as Row[];
      },
      write: (statement, values, read) => {
        if (isOver) throw new Error(tooLate);
        void send(toQuery(statement, values), read);
      },
      afterCommit: (run) => hooks.push(run),
    });
    isOver = true;
    const committed = send("commit");
    await Promise.allSettled(sent);
    if (failure !== undefined) throw failure;
    if ((await committed).command !== "COMMIT")
      throw new Error("the transaction was aborted and could not commit");
  } catch (error) {
    isOver = true;
    await rollBack(client, begun, error);
    throw await causeOf(error, begun, failure);
  }
  client.release();
  for (const hook of hooks) hook();
  return result;
}

const tooLate = "the transaction is over: its connection may have another one's by now";

/** What a transaction has failed by. One that never began has failed by that, whatever the work made of it. */
function causeOf(error: unknown, begun: Promise<unknown>, failure: unknown): Promise<unknown> {
  return begun.then(
    // Whatever fails behind a failed write only says that the transaction is aborted: the write's own error is the cause. So
    // is what the server has found before the work, which rested on it, failed by itself.
    () => (isAborted(error) || isAssumptionFailed(failure) ? (failure ?? error) : error),
    (refused: Error) =>
      new Fault("database", `the begin of a transaction failed: ${refused.message}`, { cause: refused }),
  );
}

const corked = new WeakSet<Writable>();

/**
 * Statements of one turn leave in one write to the socket: a write (and the wake-up of the server) per statement costs more
 * than most of the statements.
 */
function shareWrite(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  if (corked.has(stream)) return;
  corked.add(stream);
  stream.cork();
  process.nextTick(() => {
    corked.delete(stream);
    stream.uncork();
  });
}

/** The server has become a replica: its connections are of no use any more. */
const readOnlyServer = "25006";
const inFailedTransaction = "25P02";

/** What the SQL function `assume` fails by. */
const assumptionFailed = "QM001";

export function isAssumptionFailed(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === assumptionFailed;
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && (error as Error & { code?: string }).code === inFailedTransaction;
}

async function rollBack(client: PoolClient, begun: Promise<unknown>, cause: unknown): Promise<void> {
  try {
    await client.query("rollback");
    // A server that refuses to begin has become a replica, or is about to go.
    await begun;
    client.release((cause as { code?: string } | undefined)?.code === readOnlyServer);
  } catch {
    client.release(cause instanceof Error ? cause : true);
  }
}
