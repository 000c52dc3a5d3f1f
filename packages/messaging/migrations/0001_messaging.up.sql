-- What every service needs to speak and hear exactly once. Runs in the service's own schema, as its owner role.

-- One row per command id that was ever taken: the reply it got, or null while a saga still works on it.
-- Partitioned by the time inside the v7 ids: a partition by arrival could not keep an id unique over midnight.
create table inbox (
  id uuid primary key,
  message text not null,
  reply text
) partition by range (id);

-- The one row that numbers events. Locked last in every transaction and held to the commit, so that the order of
-- numbers is the order of commits and a rollback leaves no gap. A restored database is given a new epoch.
create table event_counter (
  only_row boolean primary key default true check (only_row),
  epoch integer not null default 1,
  last_seq bigint not null default 0
);
insert into event_counter default values;

create table outbox (
  epoch integer not null,
  seq bigint not null,
  -- In milliseconds, as the events show it.
  at timestamptz(3) not null,
  subject text not null,
  meta text not null,
  body text not null,
  primary key (epoch, seq)
) partition by range (epoch, seq);

-- Up to where the relay has published. `fence` grows with every change of leader: an older one cannot write.
create table relay (
  only_row boolean primary key default true check (only_row),
  fence bigint not null default 0,
  epoch integer not null default 1,
  seq bigint not null default 0
);
insert into relay default values;

-- Of each source: everything up to `contiguous` has been heard; `heard_ahead` holds what came before a hole was filled.
create table heard (
  source text not null,
  epoch integer not null,
  contiguous bigint not null default 0,
  primary key (source, epoch)
);
create table heard_ahead (
  source text not null,
  epoch integer not null,
  seq bigint not null,
  primary key (source, epoch, seq)
);

-- Commands and events that can never succeed, with the reason, for operators to look at and requeue.
create table dead_letters (
  id uuid primary key,
  kind text not null check (kind in ('command', 'event')),
  subject text not null,
  headers text not null,
  body text not null,
  reason text not null,
  times integer not null default 1,
  parked_at timestamptz not null default now(),
  requeued_at timestamptz
);

-- Makes the partitions that will soon be written to and drops inbox partitions past the retention. The service's role
-- owns no table, so this runs with its owner's rights. Making or dropping one needs a moment alone with the parent table:
-- it is not waited for long (a dump may hold it for hours, and everybody would queue behind us), but tried again each
-- minute, and enough is made ahead to live on: 10 million events, two weeks of commands.
create function keep_partitions(inbox_retention interval) returns void
language plpgsql security definer
as $$
declare
  week constant interval := interval '7 days';
  rows_each constant bigint := 2000000;
  ahead constant integer := 5;
  -- Weeks counted from 1970, so that every instance computes the same bounds.
  this_week timestamptz := to_timestamp(floor(extract(epoch from clock_timestamp()) / 604800) * 604800);
  kept_from timestamptz := this_week - ceil(extract(epoch from inbox_retention) / 604800) * week;
  starts timestamptz;
  part record;
  counter record;
  number bigint;
begin
  perform set_config('lock_timeout', '500ms', true);
  perform pg_advisory_xact_lock(hashtext('keep_partitions.' || current_schema()));
  for starts in select generate_series(kept_from, this_week + 2 * week, week) loop
    if to_regclass(format('%I', 'inbox_' || to_char(starts at time zone 'utc', 'YYYYMMDD'))) is null then
      execute format(
        'create table %I partition of inbox for values from (%L) to (%L)',
        'inbox_' || to_char(starts at time zone 'utc', 'YYYYMMDD'), uuid_floor(starts), uuid_floor(starts + week));
    end if;
  end loop;
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'inbox'::regclass and c.relname < 'inbox_' || to_char(kept_from at time zone 'utc', 'YYYYMMDD')
  loop
    execute format('drop table %I', part.relname);
  end loop;
  select epoch, last_seq from event_counter into counter;
  for number in counter.last_seq / rows_each .. counter.last_seq / rows_each + ahead - 1 loop
    if to_regclass(format('%I', 'outbox_' || counter.epoch || '_' || number)) is null then
      execute format(
        'create table %I partition of outbox for values from (%s, %s) to (%s, %s)',
        'outbox_' || counter.epoch || '_' || number,
        counter.epoch, number * rows_each, counter.epoch, (number + 1) * rows_each);
    end if;
  end loop;
end $$;

-- After a restore: what this database says from now on must not carry numbers that were used before it was restored.
-- Run by the owner while the service is stopped; the old epoch's events stay for whoever asks for them.
create function new_epoch() returns integer
language plpgsql
as $$
declare
  fresh integer;
begin
  update event_counter set epoch = epoch + 1, last_seq = 0 returning epoch into fresh;
  update relay set epoch = fresh, seq = 0, fence = fence + 1;
  perform keep_partitions(interval '14 days');
  return fresh;
end $$;
revoke all on function new_epoch() from public;

-- The smallest v7 uuid of a moment.
create function uuid_floor(moment timestamptz) returns uuid
language sql immutable
as $$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

do $$ begin
  execute format('alter function keep_partitions(interval) set search_path = %I, pg_temp', current_schema());
  execute format('alter function uuid_floor(timestamptz) set search_path = %I, pg_temp', current_schema());
  execute format('alter function new_epoch() set search_path = %I, pg_temp', current_schema());
end $$;
revoke all on function keep_partitions(interval) from public;
do $$ begin
  if exists (select from pg_roles where rolname = current_schema()) then
    execute format('grant execute on function keep_partitions(interval) to %I', current_schema());
  end if;
end $$;
select keep_partitions(interval '14 days');
