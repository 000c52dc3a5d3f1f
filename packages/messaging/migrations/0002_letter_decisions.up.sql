-- What operators decide about dead letters: by whom, when and why. An open one waits for a decision.
alter table dead_letters
  add column state text not null default 'open' check (state in ('open', 'requeued', 'discarded')),
  add column decided_at timestamptz,
  add column decided_by text,
  add column decision text,
  add constraint decided_by_somebody check (
    (state = 'open') = (decided_at is null) and (state = 'open') = (decided_by is null) and (state = 'open') = (decision is null));
alter table dead_letters drop column requeued_at;
create index dead_letters_by_state on dead_letters (state, parked_at, id);
