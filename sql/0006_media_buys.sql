create type media_buy_status as enum (
  'pending_approval', -- ours, before the publisher has accepted; a buyer then holds only a task
  'pending_creatives', 'pending_start', 'active', 'paused', 'completed', 'rejected', 'canceled'
);
create type pacing as enum ('even', 'asap', 'front_loaded');
create type actor_kind as enum ('buyer', 'approver', 'worker', 'ad_server', 'operator', 'clock');

create table media_buys (
  media_buy_id text primary key,
  tenant_id text not null references tenants on delete restrict,
  principal_id text not null,
  account_id text not null,
  status media_buy_status not null,
  revision integer not null default 1 check (revision >= 1),
  brand jsonb not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  total_budget numeric(14, 2) not null check (total_budget > 0),
  start_time timestamptz not null,
  end_time timestamptz not null,
  po_number text,
  rejection_reason text,
  confirmed_at timestamptz,
  creative_deadline timestamptz,
  request jsonb not null, -- as received, without secrets
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, media_buy_id),
  foreign key (tenant_id, principal_id) references principals (tenant_id, principal_id) on delete restrict,
  foreign key (tenant_id, account_id) references accounts (tenant_id, account_id) on delete restrict,
  check (end_time > start_time),
  check (confirmed_at is not null or status in ('pending_approval', 'rejected', 'canceled'))
);
create index media_buys_by_principal on media_buys (tenant_id, principal_id, created_at desc, media_buy_id desc);
create index media_buys_account_id on media_buys (account_id); -- what an account has spent of its credit

create table media_packages (
  package_id text primary key,
  tenant_id text not null,
  media_buy_id text not null,
  position integer not null,
  product_id text not null,
  pricing_option_id text not null,
  connection_id text not null, -- the ad server it was sold on, even if the product moves later
  pricing_model pricing_model not null,
  price numeric(14, 4), -- agreed fixed price, or null where the buyer bids
  bid_price numeric(14, 4) check (bid_price > 0),
  budget numeric(14, 2) not null check (budget > 0),
  impressions bigint check (impressions >= 0),
  pacing pacing not null default 'even',
  start_time timestamptz not null,
  end_time timestamptz not null,
  format_ids jsonb not null default '[]',
  targeting_overlay jsonb,
  paused boolean not null default false,
  canceled boolean not null default false,
  context jsonb,
  unique (media_buy_id, position),
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  foreign key (tenant_id, product_id) references products on delete restrict,
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete restrict,
  check (end_time > start_time)
);
create index media_packages_product on media_packages (tenant_id, product_id);

-- what accepted guaranteed packages hold, day by day
create table reservations (
  tenant_id text not null,
  product_id text not null,
  package_id text not null references media_packages on delete restrict,
  day date not null,
  amount bigint not null check (amount > 0),
  released_at timestamptz,
  primary key (package_id, day),
  foreign key (tenant_id, product_id) references products on delete restrict
);
create index reservations_held on reservations (tenant_id, product_id, day) where released_at is null;

create table media_buy_events (
  event_id bigint primary key generated always as identity,
  tenant_id text not null,
  media_buy_id text not null,
  at timestamptz not null default now(),
  action text not null,
  actor_kind actor_kind not null,
  actor text not null,
  revision integer not null,
  from_status media_buy_status,
  to_status media_buy_status,
  package_id text,
  detail jsonb not null default '{}',
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict
);
create index media_buy_events_media_buy_id on media_buy_events (media_buy_id, event_id desc);
