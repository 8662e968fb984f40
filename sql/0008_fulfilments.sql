create type fulfilment_state as enum ('placing', 'waiting', 'placed', 'refused', 'needs_human', 'canceled');
create type fulfilment_step_state as enum ('planned', 'intent', 'done', 'waiting', 'failed', 'needs_human');

-- placing one media buy on one ad server
create table fulfilments (
  fulfilment_id text primary key,
  tenant_id text not null,
  media_buy_id text not null,
  connection_id text not null,
  state fulfilment_state not null default 'placing',
  desired_revision integer not null,
  applied_revision integer not null default 0,
  last_error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  placed_at timestamptz,
  unique (media_buy_id, connection_id),
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete restrict,
  check ((state = 'placed') = (placed_at is not null))
);

-- one external write each
create table fulfilment_steps (
  fulfilment_step_id text primary key,
  fulfilment_id text not null references fulfilments on delete restrict,
  connection_id text not null references adapter_configs on delete restrict,
  position integer not null,
  kind text not null,
  external_key text not null,
  package_id text references media_packages on delete restrict,
  body jsonb not null,
  body_hash text not null,
  state fulfilment_step_state not null default 'planned',
  external_ids jsonb not null default '{}',
  attempts integer not null default 0,
  intent_at timestamptz, -- when the last call may have left for the ad server
  first_tried_at timestamptz,
  next_at timestamptz,
  done_at timestamptz,
  last_error jsonb,
  unique (fulfilment_id, position),
  unique (connection_id, kind, external_key),
  check ((state = 'done') = (done_at is not null)),
  check (state <> 'intent' or intent_at is not null)
);
alter table workflow_steps add foreign key (fulfilment_step_id) references fulfilment_steps on delete restrict;

-- what the ad server holds for us, as it told us
create table ad_server_objects (
  connection_id text not null references adapter_configs on delete restrict,
  kind text not null,
  external_id text not null,
  media_buy_id text not null references media_buys on delete restrict,
  package_id text references media_packages on delete restrict,
  created_at timestamptz not null default now(),
  primary key (connection_id, kind, external_id)
);
create index ad_server_objects_media_buy_id on ad_server_objects (media_buy_id);

-- every worker process writes here each few seconds
create table workers (
  worker_id text primary key,
  host text not null,
  process_id integer not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
