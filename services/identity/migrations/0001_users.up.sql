-- Roles and permissions as data. Written at start from the contracts, which are what the gateway decides by.
create table roles (
  name text primary key check (name = upper(name)),
  description text not null,
  aliases text[] not null,
  position integer not null
);

create table permissions (
  name text primary key,
  about text not null,
  position integer not null
);

create table role_permissions (
  role text not null references roles,
  permission text not null references permissions on delete cascade,
  -- For its own customer's records only.
  own_only boolean not null,
  primary key (role, permission)
);

insert into roles (name, description, aliases, position) values
  ('ADMIN', '', '{}', 1),
  ('MANAGER', '', '{}', 2),
  ('SALES', '', '{}', 3),
  ('CUSTOMER', '', '{}', 4),
  ('VIEWER', '', '{}', 5);

create table users (
  id uuid primary key,
  email text not null check (email = lower(email)),
  username text check (username !~ '@'),
  -- Null for an account that was opened for somebody who has not chosen a password yet.
  password_hash text,
  role text not null references roles,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'SUSPENDED')),
  -- The account that a customer's login belongs to. An account may have several logins.
  customer_id uuid,
  vehicle_no text,
  -- Raised by whatever ends a user's tokens; tokens and sessions of an older epoch are refused.
  token_epoch integer not null default 0,
  version integer not null default 1,
  password_changed_at timestamptz not null,
  created_at timestamptz not null,
  created_by text,
  updated_at timestamptz not null,
  updated_by text,
  deleted_at timestamptz,
  deleted_by text,
  check (role <> 'CUSTOMER' or customer_id is not null)
);
-- A deleted user keeps its email and name, so that it can be restored.
create unique index users_email on users (email);
create unique index users_username on users (lower(username));
create index users_customer on users (customer_id) where customer_id is not null;

-- A login and all refresh tokens that follow from it: the family that dies as one.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users,
  epoch integer not null,
  ip text,
  started_at timestamptz not null,
  -- No rotation carries a session past this moment.
  ends_at timestamptz not null,
  ended_at timestamptz,
  ended_why text check (ended_why in ('logged-out', 'token-reused')),
  check ((ended_at is null) = (ended_why is null))
);
create index sessions_user on sessions (user_id);
create index sessions_ends on sessions (ends_at);

-- Only what a token hashes to: whoever reads this table can log in as nobody.
create table refresh_tokens (
  hash bytea primary key check (length(hash) = 32),
  session_id uuid not null references sessions on delete cascade,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  -- Set when the token is exchanged. The successor is computed from the token itself and this salt, so that a repeat
  -- within the grace period gets the same one without its being stored.
  used_at timestamptz,
  successor_salt bytea,
  check ((used_at is null) = (successor_salt is null))
);
create index refresh_tokens_session on refresh_tokens (session_id, issued_at);
