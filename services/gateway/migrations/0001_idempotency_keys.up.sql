-- Which message a client's Idempotency-Key stands for. The answer itself lies in the inbox of the service that took the
-- message, so this row is all that the gateway keeps. Cleaned up after a day.
create table idempotency_keys (
  -- The user's id, or "ip:<address>" for a request without a login.
  actor text not null check (length(actor) <= 80),
  route text not null check (length(route) <= 120),
  key text not null check (length(key) <= 200),
  -- SHA-256 of the request as it was understood, without secrets.
  body_hash bytea not null check (length(body_hash) = 32),
  message_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (actor, route, key)
);

create index idempotency_keys_by_age on idempotency_keys (created_at);
