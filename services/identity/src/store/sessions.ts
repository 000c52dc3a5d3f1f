import type { Role } from "@quartermaster/contracts";
import { type Reader, sql, type Tx } from "@quartermaster/messaging";
import { graceSeconds, refreshTokenSeconds, sessionSeconds } from "../domain/lifetimes";
import type { Exchange, StoredSession, StoredToken } from "../domain/rotation";

export interface NewSession {
  id: string;
  userId: string;
  epoch: number;
  ip: string | null;
  /** SHA-256 of its first refresh token, in hex. */
  tokenHash: string;
}

const insertRows = sql(
  "sessions-insert",
  `with fresh as (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[])
       as fresh (id, user_id, epoch, ip, hash)
   ), opened as (
     insert into sessions (id, user_id, epoch, ip, started_at, ends_at)
     select id, user_id, epoch, ip, now(), now() + make_interval(secs => $6) from fresh
   )
   insert into refresh_tokens (hash, session_id, issued_at, expires_at)
   select decode(hash, 'hex'), id, clock_timestamp(), clock_timestamp() + make_interval(secs => $7) from fresh`,
);

/** Opens sessions with their first refresh tokens. */
export async function insertSessions(tx: Tx, sessions: readonly NewSession[]): Promise<void> {
  if (sessions.length === 0) return;
  await tx.rows(insertRows, [
    sessions.map((session) => session.id),
    sessions.map((session) => session.userId),
    sessions.map((session) => session.epoch),
    sessions.map((session) => session.ip),
    sessions.map((session) => session.tokenHash),
    sessionSeconds,
    refreshTokenSeconds,
  ]);
}

/** A session with the user it belongs to, locked until the end of the transaction. */
export interface LockedSession extends StoredSession {
  email: string;
  username: string | null;
  role: Role;
  customerId: string | null;
  tokenEpoch: number;
  userVersion: number;
}

const lockRows = sql(
  "sessions-lock",
  `select id from sessions
   where id in (select session_id from refresh_tokens where hash in (select decode(h, 'hex') from unnest($1::text[]) h))
   order by id for update`,
);

// A statement of its own, so that it sees what those did who held the locks before.
const lockedRows = sql(
  "sessions-locked",
  `select s.id, s.user_id as "userId", (extract(epoch from s.ends_at) * 1000)::float8 as "endsAt",
     (s.ended_at is null and s.ends_at > clock_timestamp() and u.status = 'ACTIVE' and u.deleted_at is null
       and u.token_epoch = s.epoch) as alive,
     u.email, u.username, u.role, u.customer_id as "customerId", u.token_epoch as "tokenEpoch",
     u.version as "userVersion"
   from sessions s join users u on u.id = s.user_id where s.id = any($1::uuid[])`,
);

const tokenRows = sql(
  "sessions-tokens",
  `select encode(hash, 'hex') as hash, session_id as "sessionId", successor_salt as "successorSalt",
     (extract(epoch from used_at) * 1000)::float8 as "usedAt",
     (extract(epoch from expires_at) * 1000)::float8 as "expiresAt"
   from refresh_tokens
   where hash in (select decode(h, 'hex') from unnest($1::text[]) h)
     or (session_id = any($2::uuid[]) and issued_at > clock_timestamp() - make_interval(secs => $3))`,
);

const clock = sql("sessions-clock", "select (extract(epoch from clock_timestamp()) * 1000)::float8 as now");

export interface LockedTokens {
  /** The database's clock, after the locks were taken, in milliseconds. */
  now: number;
  tokens: Map<string, StoredToken>;
  sessions: Map<string, LockedSession>;
}

/** Locks the sessions of the tokens with these hashes, and reads them with the tokens of their last few seconds. */
export async function lockSessionsOf(tx: Tx, hashes: readonly string[]): Promise<LockedTokens> {
  const ids = (await tx.rows<{ id: string }>(lockRows, [hashes])).map((row) => row.id);
  const sessions = await tx.rows<LockedSession>(lockedRows, [ids]);
  const tokens = await tx.rows<StoredToken>(tokenRows, [hashes, ids, graceSeconds + 5]);
  const [time] = await tx.rows<{ now: number }>(clock);
  return {
    now: time?.now ?? 0,
    tokens: new Map(tokens.map((token) => [token.hash, token])),
    sessions: new Map(sessions.map((session) => [session.id, session])),
  };
}

const exchangeRows = sql(
  "sessions-exchange",
  `with exchange as (
     select * from unnest($1::text[], $2::bytea[], $3::text[], $4::uuid[], $5::float8[])
       as exchange (used_hash, salt, hash, session_id, expires_at)
   ), used as (
     update refresh_tokens set used_at = to_timestamp($6::float8 / 1000), successor_salt = exchange.salt
     from exchange where refresh_tokens.hash = decode(exchange.used_hash, 'hex') and used_at is null
     returning exchange.hash
   )
   insert into refresh_tokens (hash, session_id, issued_at, expires_at)
   select decode(hash, 'hex'), session_id, to_timestamp($6::float8 / 1000), to_timestamp(expires_at / 1000)
   from exchange where hash in (select hash from used)`,
);

/** Marks tokens as used and writes their successors. */
export async function writeExchanges(tx: Tx, exchanges: readonly Exchange[], now: number): Promise<void> {
  if (exchanges.length === 0) return;
  await tx.rows(exchangeRows, [
    exchanges.map((one) => one.usedHash),
    exchanges.map((one) => one.salt),
    exchanges.map((one) => one.successorHash),
    exchanges.map((one) => one.sessionId),
    exchanges.map((one) => one.successorExpiresAt),
    now,
  ]);
}

const endRows = sql(
  "sessions-end",
  "update sessions set ended_at = now(), ended_why = $2 where id = any($1::uuid[]) and ended_at is null",
);

/** Ends sessions, which the caller has locked: none of their refresh tokens gives anything any more. */
export async function endSessions(
  tx: Tx,
  ids: readonly string[],
  why: "logged-out" | "token-reused",
): Promise<void> {
  if (ids.length > 0) await tx.rows(endRows, [ids, why]);
}

// A week more, for whoever looks into a stolen token. Their tokens go with them.
const sweepRows = sql(
  "sessions-sweep",
  "delete from sessions where least(ends_at, coalesce(ended_at, ends_at)) < now() - interval '7 days'",
);

/** Forgets sessions that ended long ago. */
export async function sweepSessions(db: Reader): Promise<void> {
  await db.rows(sweepRows);
}
