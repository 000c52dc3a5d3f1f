-- Fails the transaction where an optimistic one has taken for granted what is not so; the work is then done once more with
-- care (transact.ts). The server decides, so that what follows, the commit included, need not wait for the word.
create function assume(holds boolean) returns void
language plpgsql
as $$
begin
  if not holds then
    raise exception 'what was taken for granted is not so' using errcode = 'QM001';
  end if;
end
$$;
