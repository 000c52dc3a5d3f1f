import type { AnswerOf, GetUser, Role } from "@quartermaster/contracts";
import { type Reader, sql, type Tx } from "@quartermaster/messaging";

export interface NewUser {
  id: string;
  email: string;
  username: string | null;
  passwordHash: string;
  role: Role;
  customerId: string | null;
  createdBy: string;
}

// In the order of the emails, so that two batches which share some wait for each other instead of dead-locking.
const insertRows = sql(
  "users-insert",
  `insert into users
     (id, email, username, password_hash, role, customer_id, password_changed_at,
      created_at, created_by, updated_at, updated_by)
   select id, email, username, password_hash, role, customer_id, now(), now(), by, now(), by
   from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[]) with ordinality
     as fresh (id, email, username, password_hash, role, customer_id, by, n)
   order by email, n
   on conflict do nothing
   returning id`,
);

/** Inserts those users whose email and username are free. Returns their ids. */
export async function insertUsers(tx: Tx, users: readonly NewUser[]): Promise<Set<string>> {
  const rows = await tx.rows<{ id: string }>(insertRows, [
    users.map((user) => user.id),
    users.map((user) => user.email),
    users.map((user) => user.username),
    users.map((user) => user.passwordHash),
    users.map((user) => user.role),
    users.map((user) => user.customerId),
    users.map((user) => user.createdBy),
  ]);
  return new Set(rows.map((row) => row.id));
}

const takenRows = sql("users-taken", "select email from users where email = any($1::text[])");

/** Which of the emails are registered, deleted users included. */
export async function takenEmails(db: Reader, emails: readonly string[]): Promise<Set<string>> {
  const rows = await db.rows<{ email: string }>(takenRows, [emails]);
  return new Set(rows.map((row) => row.email));
}

export interface Credentials {
  id: string;
  passwordHash: string | null;
  mayLogIn: boolean;
}

// Two index look-ups: an email has an "@" and a username never has one.
const credentialsRow = sql(
  "users-credentials",
  `select id, password_hash as "passwordHash", (status = 'ACTIVE' and deleted_at is null) as "mayLogIn"
   from users where email = lower($1) or lower(username) = lower($1)`,
);

/** Whom a login (email or username, in any case) names. */
export async function findCredentials(db: Reader, login: string): Promise<Credentials | undefined> {
  const [row] = await db.rows<Credentials>(credentialsRow, [login]);
  return row;
}

export interface ActiveUser {
  id: string;
  email: string;
  username: string | null;
  role: Role;
  customerId: string | null;
  tokenEpoch: number;
  version: number;
  passwordHash: string | null;
}

const activeRows = sql(
  "users-active",
  `select id, email, username, role, customer_id as "customerId", token_epoch as "tokenEpoch", version,
     password_hash as "passwordHash"
   from users where id = any($1::uuid[]) and status = 'ACTIVE' and deleted_at is null`,
);

/** Those of the users who may log in, by id. */
export async function activeUsers(tx: Tx, ids: readonly string[]): Promise<Map<string, ActiveUser>> {
  const rows = await tx.rows<ActiveUser>(activeRows, [ids]);
  return new Map(rows.map((user) => [user.id, user]));
}

const userRow = sql(
  "users-one",
  `select id, email, username, role, status, customer_id as "customerId", vehicle_no as "vehicleNo",
     created_at as "createdAt", created_by as "createdBy", updated_at as "updatedAt", updated_by as "updatedBy"
   from users where id = $1 and deleted_at is null`,
);

type UserAnswer = AnswerOf<typeof GetUser>;

/** One user as the API shows it. */
export async function findUser(db: Reader, id: string): Promise<UserAnswer | undefined> {
  const [row] = await db.rows<UserAnswer>(userRow, [id]);
  return row;
}
