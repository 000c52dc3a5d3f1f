-- One row per event of every service, hash-chained by position. Old and new values are text, not jsonb: the chain is over
-- what arrived, and jsonb would reorder keys and rewrite numbers. Times have milliseconds, as the canonical text shows them.
-- The predecessor's hash is not stored: it is the hash of the row before, and positions have no gap.
-- Domains, since a check of the table is read and compiled anew by every statement that writes to it, a domain's once per
-- session.
create domain action as text check (value in ('CREATE', 'UPDATE', 'DELETE', 'RESTORE', 'READ', 'COMMAND'));
create domain sha256 as bytea check (length(value) = 32);

create table records (
  position bigint primary key check (position >= 1),
  source text not null,
  epoch integer not null,
  seq bigint not null check (seq >= 1),
  at timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  actor_kind text not null,
  user_id text not null,
  user_name text,
  role text,
  ip text,
  action action not null,
  entity text not null,
  record_id text not null,
  version bigint not null,
  event text not null,
  description text not null,
  old_values text,
  new_values text,
  request_id text,
  hash sha256 not null,
  -- Exactly once, whatever the consumer believes.
  unique (source, epoch, seq)
);
-- The trail of one record and of one user. Every further index is paid for by each event of the platform.
create index records_record_id on records (record_id);
create index records_user_id on records (user_id, position);
-- Rows arrive almost in the order of time: a few pages of summary serve what a btree would cost per row.
create index records_at on records using brin (at) with (pages_per_range = 32, autosummarize = on);

-- The last link. Locked once per batch, so that the chain has one writer at a time.
create table chain (
  only_row boolean primary key default true check (only_row),
  position bigint not null default 0,
  hash sha256 not null default decode(repeat('00', 32), 'hex')
);
insert into chain default values;

create function refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception 'audit.% is append-only: % is refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end $$;

-- The triggers bind the owner too, and "always" means under session_replication_role = replica as well.
create trigger records_append_only before update or delete or truncate on records
  for each statement execute function refuse_change();
alter table records enable always trigger records_append_only;
create trigger chain_stays before delete or truncate on chain
  for each statement execute function refuse_change();
alter table chain enable always trigger chain_stays;

-- The head only moves forward.
create function move_forward() returns trigger
language plpgsql
as $$
begin
  if new.position <= old.position then
    raise exception 'audit.chain moves forward only: from % to % is refused', old.position, new.position
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger chain_forward before update on chain for each row execute function move_forward();
alter table chain enable always trigger chain_forward;

revoke update, delete, truncate on records from audit;
revoke insert, delete, truncate on chain from audit;
