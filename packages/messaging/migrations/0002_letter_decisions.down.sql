drop index dead_letters_by_state;
alter table dead_letters
  add column requeued_at timestamptz,
  drop column state,
  drop column decided_at,
  drop column decided_by,
  drop column decision;
