create type stale_forecast as enum ('sell', 'ask_person', 'refuse');
alter table tenants
  add column forecast_horizon_days integer not null default 90 check (forecast_horizon_days between 1 and 366),
  add column forecast_refresh_hours integer not null default 6 check (forecast_refresh_hours between 1 and 168),
  add column forecast_max_age_hours integer not null default 48 check (forecast_max_age_hours between 1 and 720),
  -- what becomes of a guaranteed sale nobody knows enough about: no forecast, one too old, or none for some of its days
  add column stale_forecast stale_forecast not null default 'ask_person';

-- the last forecast of each product, and when the next is asked for
create table forecasts (
  tenant_id text not null,
  product_id text not null,
  connection_id text not null references adapter_configs on delete restrict, -- who was asked,
  asked_of jsonb not null, -- and about what: the product's ad_server_config then
  generation integer not null default 0, -- how many have come
  as_of timestamptz, -- when the last of them was asked for; null: none has come yet
  next_at timestamptz not null,
  failures integer not null default 0, -- in a row
  last_error jsonb, -- code and message of the last try, if it failed
  primary key (tenant_id, product_id),
  foreign key (tenant_id, product_id) references products on delete cascade,
  check ((as_of is null) = (generation = 0))
);

-- how much of a product may be promised on a UTC day, our own promises included
create table forecast_days (
  tenant_id text not null,
  product_id text not null,
  day date not null,
  available bigint not null check (available >= 0), -- as the ad server said
  capacity bigint not null, -- that, and what it had taken off for our own orders
  primary key (tenant_id, product_id, day) include (capacity),
  foreign key (tenant_id, product_id) references forecasts on delete cascade,
  check (capacity >= available)
);
