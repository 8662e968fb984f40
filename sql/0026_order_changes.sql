alter type fulfilment_state add value 'changing'; -- the order stands, at least in part, and is brought to a later revision or taken back
alter type fulfilment_step_state add value 'dropped'; -- no longer wanted, and nothing of it is on the ad server

-- an order that stands has the date since when, whatever becomes of it
alter table fulfilments drop constraint fulfilments_check;
alter table fulfilments add check (state <> 'placed' or placed_at is not null);
-- the revision of the order: raised by every change, never lower than the media buy's. The worker plans the one it finds,
-- and applied_revision follows when all of its steps are done
alter table fulfilments add column planned_revision integer not null default 0;

alter table fulfilment_steps add column revision integer not null default 1;
-- what stands once the step is done. Those of all finished steps, in order, are what is on the ad server
alter table fulfilment_steps add column effects jsonb not null default '[]' check (jsonb_typeof(effects) = 'array');
alter table fulfilment_steps drop constraint fulfilment_steps_connection_id_kind_external_key_key;

-- whose order a person is asked about, also where no single step is to blame
alter table workflow_steps add column fulfilment_id text references fulfilments on delete restrict;
create unique index workflow_steps_one_per_fulfilment on workflow_steps (fulfilment_id)
  where kind = 'needs_human' and status = 'pending';

-- an ad server refuses its part of a new buy while other parts stand already: ask a person, or take back the rest
create type refusal_policy as enum ('ask_person', 'take_back');
alter table tenants add column refusal_policy refusal_policy not null default 'ask_person';

-- how much one ad server is asked at a time, by all workers together
create table ad_server_traffic (
  connection_id text primary key references adapter_configs on delete cascade,
  next_call_at timestamptz not null, -- calls are spaced by moving this on; a little in the past is a burst still allowed
  failures integer not null default 0, -- in a row
  broken_until timestamptz -- nobody calls before then; afterwards one call shows whether it is well again
);

-- the simulated ad server's own books
alter table simulated.line_items add column status text not null default 'ready';
create table simulated.creatives (
  creative_id bigint primary key generated always as identity,
  network text not null,
  reference text not null,
  body jsonb not null,
  created_at timestamptz not null default now()
);
create index creatives_reference on simulated.creatives (network, reference);
create table simulated.line_item_creatives (
  line_item_id bigint not null references simulated.line_items on delete cascade,
  creative_id bigint not null references simulated.creatives on delete cascade,
  weight double precision,
  primary key (line_item_id, creative_id)
);
