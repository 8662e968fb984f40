-- what ad servers hold, each row of a generation of sync_jobs. Read them through src/queries/synced.ts: only one is current.
-- Ids and words are the ad server's own
create type ad_server_standing as enum ('active', 'inactive', 'archived');
create type ad_server_status as enum ('draft', 'pending', 'ready', 'serving', 'paused', 'not_delivering', 'completed', 'canceled');

create table inventory_units (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  standing ad_server_standing not null,
  parent_id text,
  code text,
  sizes text[] not null,
  primary key (generation, id)
);

create table placements (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  standing ad_server_standing not null,
  description text,
  ad_unit_ids text[] not null,
  primary key (generation, id)
);

create table targeting_keys (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  standing ad_server_standing not null,
  display_name text,
  predefined boolean not null,
  primary key (generation, id)
);

create table targeting_values (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  standing ad_server_standing not null,
  key_id text not null,
  display_name text,
  primary key (generation, id)
);
create index targeting_values_key_id on targeting_values (generation, key_id);

create table audience_segments (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  standing ad_server_standing not null,
  description text,
  size bigint,
  primary key (generation, id)
);

-- orders and line items, whoever booked them
create table ad_server_orders (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  advertiser_id text not null,
  external_key text,
  status ad_server_status not null,
  currency text,
  budget numeric(18, 6),
  start_time timestamptz,
  end_time timestamptz,
  po_number text,
  primary key (generation, id)
);
create index ad_server_orders_advertiser_id on ad_server_orders (generation, advertiser_id);

create table ad_server_line_items (
  generation bigint not null,
  id text collate "C" not null,
  name text not null,
  order_id text not null,
  external_key text,
  status ad_server_status not null,
  pricing_model text,
  price numeric(18, 6),
  currency text,
  goal bigint,
  start_time timestamptz,
  end_time timestamptz,
  delivered jsonb, -- {impressions, clicks, completions} in all its life so far
  primary key (generation, id)
);
create index ad_server_line_items_order_id on ad_server_line_items (generation, order_id);
