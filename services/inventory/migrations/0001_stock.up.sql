-- Products, where they lie, and every movement of them. Laid out for transfers, suppliers, perishables, documents and
-- quarantine too, so that what comes later adds tables and never turns these over.

create table products (
  id integer generated always as identity primary key,
  -- Unique among deleted products too: whatever is deleted can be restored.
  sku text not null constraint products_sku_key unique,
  name text not null,
  description text,
  category text,
  unit_measure text not null default 'unit',
  unit_value numeric(13, 4) not null default 1 check (unit_value >= 0),
  is_perishable boolean not null default false,
  expiration_date date,
  price_minor bigint not null check (price_minor >= 0),
  suggested_price_minor bigint check (suggested_price_minor >= 0),
  tax_code text not null default 'STANDARD' check (tax_code in ('STANDARD', 'ZERO', 'EXEMPT')),
  version integer not null default 1,
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text,
  deleted_at timestamptz,
  deleted_by text
);
create index products_by_category on products (category, id);

create table price_history (
  id uuid primary key,
  product_id integer not null references products,
  -- Null for the first price.
  old_price_minor bigint check (old_price_minor >= 0),
  new_price_minor bigint not null check (new_price_minor >= 0),
  reason text,
  changed_by text,
  changed_at timestamptz not null default now()
);
create index price_history_by_product on price_history (product_id, id);

create table locations (
  id uuid primary key,
  code text not null constraint locations_code_key unique,
  name text not null,
  type text not null check (type in ('WAREHOUSE', 'DEPOT', 'CONSIGNEE', 'VEHICLE', 'QUARANTINE')),
  -- Orders sell from these.
  sellable boolean not null generated always as (type in ('WAREHOUSE', 'DEPOT')) stored,
  -- The partner whose stock lies here, for a CONSIGNEE location.
  customer_id uuid,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text,
  deleted_at timestamptz,
  deleted_by text,
  check (customer_id is null or type = 'CONSIGNEE')
);
create index locations_by_customer on locations (customer_id) where customer_id is not null;

-- The default location: opening stock is received here. Its id is fixed, so that code and every installation agree on it.
insert into locations (id, code, name, type, created_by, updated_by)
values ('01900000-0000-7000-8000-000000000001', 'MAIN', 'Main warehouse', 'WAREHOUSE', 'migration', 'migration');

-- A projection of movements and reservations, written in their transaction. The row is also the lock of all that lies
-- there: whoever writes a level, a batch or a movement of (product, location) holds it, locked in this order of the key.
create table levels (
  product_id integer not null references products,
  location_id uuid not null references locations,
  on_hand bigint not null default 0 check (on_hand >= 0),
  reserved bigint not null default 0 check (reserved >= 0),
  primary key (product_id, location_id),
  constraint levels_available check (reserved <= on_hand)
)
-- Every order updates these rows and no index names what it changes: room in the page keeps such updates in place.
with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
create index levels_by_location on levels (location_id, product_id);

-- The truth about what lies where. What comes in is positive. A transfer is two movements with one reference.
create table movements (
  id uuid primary key,
  type text not null,
  reason text not null,
  product_id integer not null references products,
  location_id uuid not null references locations,
  quantity bigint not null,
  unit_price_minor bigint check (unit_price_minor >= 0),
  total_price_minor bigint check (total_price_minor >= 0),
  -- FIFO cost in 1/10,000: the total is exact, the unit's is its share, rounded half up.
  unit_cost_e4 bigint check (unit_cost_e4 >= 0),
  total_cost_e4 bigint check (total_cost_e4 >= 0),
  supplier_id uuid,
  customer_id uuid,
  -- What it was done for: an order, a delivery note, a transfer, a count ...
  reference_type text,
  reference_id text,
  -- One shipment takes a product out of a location once, whatever is retried.
  shipment_id uuid,
  notes text,
  created_at timestamptz not null default now(),
  created_by text,
  constraint movements_reason check (
    (type = 'ENTRY' and reason in ('purchase', 'production', 'customer_return', 'opening', 'reversal'))
    or (type = 'EXIT' and reason in ('sale', 'consumption', 'supplier_return', 'reversal'))
    or (type = 'ADJUSTMENT' and reason in ('damage', 'loss', 'count'))
    or (type = 'TRANSFER' and reason in ('transfer', 'consignment', 'distribution', 'expiry', 'reversal'))
  ),
  constraint movements_sign check (
    quantity <> 0 and (type <> 'ENTRY' or quantity > 0) and (type <> 'EXIT' or quantity < 0)
  ),
  check ((reference_type is null) = (reference_id is null))
);
create index movements_by_product on movements (product_id, id);
create index movements_by_location on movements (location_id, id);
create index movements_by_reference on movements (reference_type, reference_id) where reference_id is not null;
create unique index movements_shipment on movements (shipment_id, product_id, location_id) where shipment_id is not null;

-- Lots: what came in together, at one cost. `available_quantity` is a projection of batch_movements.
create table batches (
  id uuid primary key,
  product_id integer not null references products,
  location_id uuid not null references locations,
  initial_quantity bigint not null check (initial_quantity > 0),
  available_quantity bigint not null,
  unit_cost_e4 bigint not null check (unit_cost_e4 >= 0),
  -- FIFO goes by it; a transfer takes it along, so that the goods keep their age.
  purchase_date date not null,
  expiration_date date,
  supplier_id uuid,
  entry_movement_id uuid not null references movements,
  -- The batch it was split from by a transfer.
  origin_batch_id uuid references batches,
  entry_reference text,
  created_at timestamptz not null default now(),
  constraint batches_available check (available_quantity between 0 and initial_quantity)
);
-- Exhausted batches leave the index: a draw only ever meets those that still have something.
create index batches_open on batches (product_id, location_id, purchase_date, id) where available_quantity > 0;
create index batches_by_product on batches (product_id, purchase_date, id);
create index batches_by_age on batches (purchase_date, id);
create index batches_by_expiration on batches (expiration_date) where available_quantity > 0;

-- How much of which batch a movement brought or took, at what cost.
create table batch_movements (
  movement_id uuid not null references movements,
  batch_id uuid not null references batches,
  quantity bigint not null check (quantity <> 0),
  unit_cost_e4 bigint not null check (unit_cost_e4 >= 0),
  primary key (movement_id, batch_id)
);
create index batch_movements_by_batch on batch_movements (batch_id);

-- One row per order, which reserve, release and consume insert and lock before anything else, so that a do and its undo
-- cannot pass each other. RELEASED without lines is the tombstone of an order that was released before it was reserved.
-- What `state` may be is said by a domain: a check of the table is read and compiled anew by every statement that writes
-- to it, a domain's once per session.
create domain reservation_state as text check (value in ('HELD', 'CONSUMED', 'RELEASED'));
create table reservations (
  order_id uuid primary key,
  state reservation_state not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
) with (fillfactor = 80);

-- What an order holds: the truth of which levels.reserved is the projection. Written thousands of times a second, so
-- without foreign keys: a check of each would lock rows that the reservation holds already (the prove query looks instead).
create table reservation_lines (
  order_id uuid not null,
  line_no integer not null,
  product_id integer not null,
  location_id uuid not null,
  quantity bigint not null check (quantity > 0),
  consumed bigint not null default 0,
  state reservation_state not null,
  primary key (order_id, line_no),
  constraint reservation_lines_consumed check (consumed between 0 and quantity),
  check ((state = 'CONSUMED') = (consumed = quantity))
) with (fillfactor = 80);

-- History is only added to. Grants keep the service from it; the triggers keep everybody from it, replication sessions
-- (which skip ordinary triggers) included.
create function forbid_rewriting() returns trigger
language plpgsql
as $$
begin
  raise exception '% is append-only: % is forbidden', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete or truncate on movements
  for each statement execute function forbid_rewriting();
create trigger append_only before update or delete or truncate on batch_movements
  for each statement execute function forbid_rewriting();
create trigger append_only before update or delete or truncate on price_history
  for each statement execute function forbid_rewriting();
alter table movements enable always trigger append_only;
alter table batch_movements enable always trigger append_only;
alter table price_history enable always trigger append_only;

do $$ begin
  if exists (select from pg_roles where rolname = current_schema()) then
    execute format('revoke update, delete, truncate on movements, batch_movements, price_history from %I', current_schema());
    -- Deletion of these is soft.
    execute format('revoke delete, truncate on products, locations, levels, batches from %I', current_schema());
  end if;
end $$;
