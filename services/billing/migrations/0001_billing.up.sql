-- Locks are taken in the order of this file: invoice_sources, invoice_settlements, customer_accounts, document_series;
-- messaging's event counter comes last. Rows of one table in the order of their keys.

-- What is invoiced, once: the one row that issuing and forbidding an invoice both insert, so that they cannot pass each
-- other. A committed row never changes. Ids are v7 uuids, so that orders, transactions and reports share one key.
-- No foreign key to invoices: the row comes first and in the same transaction, and the check would cost every order.
-- Its words are domains: a check of the table is read and compiled anew by every statement that writes to it, a domain's
-- once per session.
create domain source_kind as text check (value in ('ORDER', 'TRANSACTION', 'REPORT'));
create domain source_state as text check (value in ('ISSUED', 'FORBIDDEN'));
create table invoice_sources (
  source_id uuid primary key,
  source_kind source_kind not null,
  state source_state not null,
  invoice_id uuid,
  check ((state = 'ISSUED') = (invoice_id is not null))
);

-- One row per document, never edited. The snapshot is everything that the document says, as JSON; its SHA-256 is taken
-- by the issuing transaction over exactly this text. The columns repeat what is searched, summed and guarded.
create table invoices (
  id uuid primary key,
  series text not null,
  number bigint not null check (number >= 1),
  source_kind text not null,
  source_id uuid not null,
  customer_id uuid not null,
  subtotal_minor bigint not null check (subtotal_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  total_minor bigint not null check (total_minor between 0 and 999999999999),
  currency text not null,
  issued_at timestamptz not null,
  snapshot text not null,
  snapshot_sha256 bytea not null check (length(snapshot_sha256) = 32),
  unique (series, number),
  constraint invoice_adds_up check (subtotal_minor + tax_minor = total_minor)
);
create index invoices_of_customer on invoices (customer_id, series, number);

create table credit_notes (
  id uuid primary key,
  series text not null,
  number bigint not null check (number >= 1),
  invoice_id uuid not null references invoices (id),
  customer_id uuid not null,
  subtotal_minor bigint not null check (subtotal_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  total_minor bigint not null check (total_minor >= 0),
  currency text not null,
  issued_at timestamptz not null,
  snapshot text not null,
  snapshot_sha256 bytea not null check (length(snapshot_sha256) = 32),
  unique (series, number),
  constraint credit_note_adds_up check (subtotal_minor + tax_minor = total_minor)
);
create index credit_notes_of_invoice on credit_notes (invoice_id);
create index credit_notes_of_customer on credit_notes (customer_id, series, number);

-- The sums of an invoice's credit notes and payments, made by the first of them, so that issuing costs no row here.
-- A projection that can be proven from those rows; its check keeps credits within the invoice.
create table invoice_settlements (
  invoice_id uuid primary key references invoices (id),
  total_minor bigint not null,
  credited_minor bigint not null default 0,
  paid_minor bigint not null default 0 check (paid_minor >= 0),
  constraint credited_at_most_the_invoice check (credited_minor between 0 and total_minor)
);

-- What each customer owes: invoices less credit notes less payments. Below zero when a paid invoice was credited and
-- the refund is still to come. Room in the page keeps updates off the index.
create table customer_accounts (
  customer_id uuid primary key,
  open_minor bigint not null
) with (fillfactor = 50);

-- The last number of each series, locked to the commit: a rollback gives its numbers back, which a sequence does not.
-- last_issued_at keeps dates from going back even when the machine's clock does.
create table document_series (
  series text primary key check (series ~ '^[A-Z]{2,4}$'),
  last_number bigint not null default 0 check (last_number >= 0),
  last_issued_at timestamptz not null default '-infinity'
);
insert into document_series (series) values ('INV'), ('CN');

-- An invoice's status follows from its settlement; this is the only place that says how.
create view invoice_states as
select
  i.id, i.series, i.number, i.source_kind, i.source_id, i.customer_id, i.snapshot, i.total_minor,
  coalesce(s.credited_minor, 0) as credited_minor,
  coalesce(s.paid_minor, 0) as paid_minor,
  case
    when s.invoice_id is null then 'ISSUED'
    when s.credited_minor = s.total_minor then 'CREDITED'
    when s.paid_minor > 0 and s.paid_minor + s.credited_minor >= s.total_minor then 'PAID'
    when s.paid_minor > 0 then 'PARTIALLY_PAID'
    else 'ISSUED'
  end as status
from invoices i left join invoice_settlements s on s.invoice_id = i.id;

create function refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;

-- `enable always` also fires for sessions that replay replication; the triggers bind the owner of the tables too.
create trigger append_only before update or delete or truncate on invoices
  for each statement execute function refuse_change();
alter table invoices enable always trigger append_only;
create trigger append_only before update or delete or truncate on credit_notes
  for each statement execute function refuse_change();
alter table credit_notes enable always trigger append_only;

revoke update, delete, truncate on invoices, credit_notes from billing;
revoke insert, update, delete, truncate on invoice_states from billing;
revoke delete, truncate on invoice_settlements, customer_accounts from billing;
revoke insert, delete, truncate on document_series from billing;
