-- reading: pages are on their way; carrying_over: what did not change since the generation before is copied from it;
-- current: what everybody reads; replaced and failed: their rows are swept before long
create type sync_state as enum ('reading', 'carrying_over', 'current', 'replaced', 'failed');

-- one run that reads one kind of what an ad server holds
create table sync_jobs (
  sync_job_id text primary key,
  tenant_id text not null,
  connection_id text not null,
  kind text not null,
  generation bigint not null generated always as identity unique, -- its rows carry it
  state sync_state not null default 'reading',
  base bigint, -- the generation that what did not change is carried over from; null: everything is read
  changed_since timestamptz, -- what changed since then is read
  cursor text collate "C", -- where the next page begins
  done integer not null default 0, -- rows it has
  total integer, -- rows it will have, as far as one can say
  failures integer not null default 0, -- in a row
  error jsonb, -- what keeps it from going on, or ended it: {code, message}
  asked_by text not null,
  started_at timestamptz not null,
  whole_at timestamptz not null, -- when everything was last asked for: what was deleted there later may still be here
  updated_at timestamptz not null,
  next_at timestamptz, -- when it goes on, if it waits
  finished_at timestamptz,
  swept_at timestamptz, -- when its rows were removed
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete restrict,
  check ((base is null) = (changed_since is null)),
  check ((finished_at is null) = (state in ('reading', 'carrying_over'))),
  check (swept_at is null or state in ('replaced', 'failed'))
);
create unique index sync_jobs_one_at_a_time on sync_jobs (connection_id, kind) where finished_at is null;
create unique index sync_jobs_one_current on sync_jobs (connection_id, kind) where state = 'current';
create index sync_jobs_latest on sync_jobs (connection_id, kind, generation);
create index sync_jobs_to_sweep on sync_jobs (updated_at) where state in ('replaced', 'failed') and swept_at is null;

alter table adapter_configs
  add column network jsonb, -- what the ad server says of its network: currencies, time zone, limits
  add column network_read_at timestamptz,
  add column sync_inventory_minutes integer not null default 360 check (sync_inventory_minutes > 0),
  add column sync_orders_minutes integer not null default 30 check (sync_orders_minutes > 0),
  add column sync_whole_hours integer not null default 24 check (sync_whole_hours > 0);
