-- the simulated ad server keeps its own books here, apart from ours. On purpose it has no unique keys:
-- like a real one, it happily books the same order twice if asked twice.
create schema simulated;

create table simulated.orders (
  order_id bigint primary key generated always as identity,
  network text not null,
  reference text not null,
  name text not null,
  advertiser text not null,
  status text not null default 'approved',
  approved_after timestamptz,
  created_at timestamptz not null default now()
);
create index orders_reference on simulated.orders (network, reference);

create table simulated.line_items (
  line_item_id bigint primary key generated always as identity,
  order_id bigint not null references simulated.orders on delete cascade,
  reference text not null,
  body jsonb not null,
  created_at timestamptz not null default now()
);
create index line_items_reference on simulated.line_items (reference);

-- every call it ever received, answered or not
create table simulated.calls (
  call_id bigint primary key generated always as identity,
  network text not null,
  operation text not null,
  reference text not null,
  at timestamptz not null default now()
);
