import { setTimeout as wait } from "node:timers/promises";
import { Fault } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import type { Pool, PoolClient } from "pg";
import { type Reader, readerOf, type Statement, sql } from "./sql";

/** How often an instance that stands by looks whether the lead is free: this late it takes over at worst. */
const tryEveryMs = 200;
const heartbeatEveryMs = 1_000;
/** The server ends a leader's session that was silent for so long: four heartbeats. */
const silentMs = 4_000;
/** A server that answers later than this is as good as away; the session's last word is then nearly `silentMs` ago. */
const answerWithinMs = 3_000;
/** Nobody reaches a leader that is without NATS: it leaves its work to others. */
const withoutNatsMs = 2_000;
/** A database that starts again is back within this, and what waits for it need not be refused. */
const withoutSessionMs = 5_000;
const roleAgainMs = 1_000;

// Instances of the versions before know the lock by this name: they relay under it.
const lockKey = "hashtext('relay.' || current_schema())";
const tryLock = sql("lead-try", `select pg_try_advisory_lock(${lockKey}) as mine`);
const unlock = sql("lead-leave", `select pg_advisory_unlock(${lockKey})`);
const heartbeat = sql("lead-heartbeat", "select 1");
// A leader that is paused or cut off says nothing: the server ends its session, and another instance leads.
const endWhenSilent: Statement = {
  text: `select set_config('idle_session_timeout', '${silentMs}', false),
    set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
    set_config('tcp_keepalives_count', '3', false)`,
};

/** What only the leading instance does. `over` is aborted once it leads no more. */
export type Role = (session: Reader, over: AbortSignal) => Promise<void>;

/**
 * One instance of a service leads: it takes the commands, moves the sagas, listens and relays, so that batches are as large
 * and rows as little contended as with a single instance. The others answer queries and stand by. An advisory lock on a
 * session of its own says who. This is for speed only: a paused leader may wake up after another one has taken over, so
 * what must not be done twice has a fence of its own (inbox, compare-and-set, counted events, the relay's fence).
 */
export class Leadership {
  private readonly roles: { name: string; run: Role; ended: Promise<void> }[] = [];
  private readonly listeners: ((leads: boolean) => Promise<void>)[] = [];
  private leads: boolean | undefined;
  private told: Promise<void> = Promise.resolve();
  private lostAt: number | undefined;
  private withoutNatsSince: number | undefined;
  private over: AbortController | undefined;
  private firstKnown: () => void = () => undefined;
  private readonly leaving = new AbortController();
  private readonly closing = new AbortController();
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly parts: { pool: Pool; log: Logger; isConnected(): boolean }) {}

  /**
   * Whether this instance has the service's work. It keeps it for a moment without its session (a database that starts
   * again), unless another instance leads.
   */
  get isAtWork(): boolean {
    return this.leads === true && !this.leaving.signal.aborted;
  }

  /** `run` is run whenever this instance comes to lead, and again when it fails. The answer waits until it does not run. */
  whileLeading(name: string, run: Role): () => Promise<void> {
    const role = { name, run, ended: Promise.resolve() };
    this.roles.push(role);
    return () => role.ended;
  }

  /** Told, one after the other, that this instance has the work from now on, or has it no more. */
  onChange(listener: (isAtWork: boolean) => Promise<void>): void {
    this.listeners.push(listener);
  }

  /** Resolves when it is known whether this instance leads, and everybody was told. */
  async start(): Promise<void> {
    const known = new Promise<void>((resolve) => {
      this.firstKnown = resolve;
    });
    this.ended = this.run();
    await known;
    await this.told;
  }

  /** Leaves the lead to others. The session stays, so that a role can end in order what it has begun. */
  stepDown(): void {
    this.leaving.abort();
    this.over?.abort();
  }

  async stop(): Promise<void> {
    this.stepDown();
    this.closing.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.leaving.signal.aborted) {
      try {
        await this.candidacy();
      } catch (error) {
        if (this.leaving.signal.aborted) break;
        this.parts.log.warn({ err: error }, "the session that leads, or stands by, is lost");
      }
      this.leaveWhenCutOff();
      await pause(tryEveryMs, this.leaving.signal);
    }
    this.firstKnown();
  }

  private async candidacy(): Promise<void> {
    const client = await this.parts.pool.connect();
    const session = readerOf(client);
    try {
      await inTime(session.rows(endWhenSilent));
      if (await this.standBy(session)) await this.lead(session, client);
    } finally {
      // Closing the session gives the lock back, whatever state it is in.
      client.release(true);
    }
  }

  /** True when the lead is this session's. */
  private async standBy(session: Reader): Promise<boolean> {
    while (!this.leaving.signal.aborted) {
      // Who cannot be asked does not lead.
      if (this.parts.isConnected()) {
        const [lock] = await inTime(session.rows<{ mine: boolean }>(tryLock));
        if (lock?.mine) return true;
        this.tell(false);
      } else await inTime(session.rows(heartbeat));
      await pause(tryEveryMs, this.leaving.signal);
    }
    return false;
  }

  private async lead(session: Reader, client: PoolClient): Promise<void> {
    const over = new AbortController();
    const broken = new AbortController();
    client.once("end", () => broken.abort());
    this.over = over;
    this.lostAt = undefined;
    this.tell(true);
    for (const role of this.roles) {
      role.ended = role.ended.then(() => this.keepGoing(role, session, over.signal));
    }
    try {
      await this.beat(session, AbortSignal.any([this.leaving.signal, broken.signal]), this.leaving.signal);
      await inTime(session.rows(unlock));
      await this.beat(session, AbortSignal.any([this.closing.signal, broken.signal]), this.closing.signal);
    } finally {
      this.lostAt = performance.now();
      over.abort();
    }
  }

  /** Shows the server that this instance is alive, until it is told to stop; `wake` says to look at once. */
  private async beat(session: Reader, wake: AbortSignal, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await inTime(session.rows(heartbeat));
      if (this.isWithoutNats()) throw new Fault("disconnected", "who leads is without NATS for too long");
      await pause(heartbeatEveryMs, wake);
    }
  }

  private isWithoutNats(): boolean {
    if (this.parts.isConnected()) this.withoutNatsSince = undefined;
    else this.withoutNatsSince ??= performance.now();
    return this.withoutNatsSince !== undefined && performance.now() - this.withoutNatsSince >= withoutNatsMs;
  }

  private async keepGoing({ name, run }: { name: string; run: Role }, session: Reader, over: AbortSignal) {
    while (!over.aborted) {
      try {
        await run(session, over);
      } catch (error) {
        if (!over.aborted) this.parts.log.warn({ err: error }, `${name} starts afresh`);
      }
      await pause(roleAgainMs, over);
    }
  }

  /** Without a database nothing can be done here; where NATS is away too nobody asks, and nothing needs to change. */
  private leaveWhenCutOff(): void {
    if (!this.leads || this.lostAt === undefined || !this.parts.isConnected()) return;
    if (performance.now() - this.lostAt >= withoutSessionMs) this.tell(false);
  }

  private tell(leads: boolean): void {
    if (this.leads === leads || this.leaving.signal.aborted) return;
    this.leads = leads;
    this.parts.log.info(leads ? "at work" : "standing by");
    for (const listener of this.listeners) {
      this.told = this.told
        .then(() => listener(leads))
        .catch((error) => this.parts.log.error({ err: error }, "a change of the lead was not followed"));
    }
    this.firstKnown();
  }
}

async function pause(ms: number, wake: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal: wake }).catch(() => undefined);
}

/** A connection that was cut does not say so. */
async function inTime<Result>(answer: Promise<Result>): Promise<Result> {
  const answered = new AbortController();
  const late = wait(answerWithinMs, undefined, { signal: answered.signal }).then(() => {
    throw new Fault("database", "no answer from the database in time");
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
    late.catch(() => undefined);
    answer.catch(() => undefined);
  }
}
