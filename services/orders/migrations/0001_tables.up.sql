create table customers (
  id uuid primary key,
  name text not null check (name <> ''),
  document_type text check (document_type in ('RUC', 'DNI', 'TAX_ID', 'OTHER')),
  document_number text,
  address text,
  phone text,
  email text,
  kind text not null default 'STANDARD' check (kind in ('STANDARD', 'CONSIGNEE')),
  payment_terms text not null default 'CASH' check (payment_terms in ('CASH', 'CREDIT')),
  credit_limit_minor bigint not null default 0 check (credit_limit_minor >= 0),
  meter_rate_minor bigint check (meter_rate_minor >= 0),
  last_meter_reading numeric(14, 2) check (last_meter_reading >= 0),
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'BLOCKED')),
  version integer not null default 1,
  created_at timestamptz not null,
  created_by text,
  updated_at timestamptz not null,
  updated_by text,
  deleted_at timestamptz
);
-- A deleted customer keeps its email and document: it can be restored.
create unique index customers_email on customers (email);
create unique index customers_document on customers (document_type, document_number);

-- Orders and their lines are written for every order placed, so they carry no index beyond what is read by, and no
-- foreign keys: a check per row would lock the customer's row for share in every order. The customer is checked when
-- the placing starts and is never removed; lines are written by the statement's own transaction.
-- What one column must be is said by its type: a check of the table is read and compiled anew by every statement that
-- writes to it, a domain's once per session.
create domain amount_minor as bigint check (value >= 0);
create domain order_status as text
  check (value in ('PLACING', 'PENDING', 'CONFIRMED', 'PAID', 'SHIPPED', 'CANCELLED', 'REJECTED'));
create domain payment_status as text check (value in ('UNPAID', 'PARTIALLY_PAID', 'PAID', 'REFUNDED'));
create domain tax_code as text check (value in ('STANDARD', 'ZERO', 'EXEMPT'));
create domain saga_phase as text check (value in ('FORWARD', 'FENCING', 'BACK', 'DONE', 'UNDONE'));

create table orders (
  id uuid primary key,
  customer_id uuid not null,
  status order_status not null,
  payment_status payment_status not null default 'UNPAID',
  total_amount_minor amount_minor,
  shipping_amount_minor amount_minor not null,
  tax_amount_minor amount_minor,
  grand_total_minor bigint,
  currency text not null,
  location text,
  notes text,
  invoice_id uuid,
  invoice_number text,
  -- JSON of {code, detail, details}: read whole, never searched.
  rejection text,
  -- The cancel saga that works on the order, or did: nothing else may move the order once it is set.
  cancelling_id uuid,
  version integer not null default 1,
  created_at timestamptz not null,
  created_by text,
  updated_at timestamptz not null,
  updated_by text,
  constraint sums_add_up check (grand_total_minor = total_amount_minor + shipping_amount_minor + tax_amount_minor),
  constraint rejected_has_no_invoice check (status <> 'REJECTED' or (invoice_id is null and rejection is not null)),
  constraint placed_has_its_sums check (
    status in ('PLACING', 'REJECTED')
    or (total_amount_minor is not null and tax_amount_minor is not null and grand_total_minor is not null))
) with (fillfactor = 60);
create index orders_of_customer on orders (customer_id, id);

create table order_lines (
  order_id uuid not null,
  line_no integer not null,
  product_id integer not null,
  sku text not null,
  product_name text not null,
  quantity bigint not null check (quantity > 0),
  shipped_quantity bigint not null default 0 check (shipped_quantity between 0 and quantity),
  unit_price_minor amount_minor not null,
  line_total_minor amount_minor not null,
  tax_code tax_code not null,
  primary key (order_id, line_no)
);

-- One row per saga, kept for the timeline. A placing saga has its order's id.
create table sagas (
  id uuid primary key,
  name text not null,
  order_id uuid not null,
  phase saga_phase not null,
  step integer not null,
  attempts integer not null,
  -- Moves are a compare-and-set on it.
  version integer not null,
  -- When any instance looks at it again; null once it has ended.
  due_at timestamptz,
  -- JSON of what the saga knows: its data, whom it acts for, who waits for its end.
  body text not null,
  -- JSON arrays of the timeline, one line per move, appended.
  history text not null,
  created_at timestamptz not null,
  constraint unfinished_is_due check ((due_at is null) = (phase in ('DONE', 'UNDONE')))
-- Half of a page is left free, so that a move stays on it (HOT): it keeps due_at, the indexed column, where it can.
) with (fillfactor = 45, toast_tuple_target = 4096);
create index sagas_due on sagas (due_at) where due_at is not null;
