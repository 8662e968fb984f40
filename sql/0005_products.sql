create extension if not exists pg_trgm;

create type delivery_type as enum ('guaranteed', 'non_guaranteed');
create type approval_policy as enum ('auto', 'person');
create type pricing_model as enum ('cpm', 'vcpm', 'cpc', 'cpcv', 'cpv', 'cpp', 'cpa', 'flat_rate', 'time');

-- array_to_string is only stable; over text[] it is immutable, which generated columns need
create function joined(words text[]) returns text
  language sql immutable parallel safe
  return array_to_string(words, ' ');

create table products (
  tenant_id text not null references tenants on delete restrict,
  product_id text not null,
  connection_id text not null,
  name text not null,
  description text not null,
  delivery_type delivery_type not null,
  approval_policy approval_policy not null,
  channels text[] not null default '{}',
  countries text[] not null default '{}', -- ISO 3166-1 alpha-2; empty: everywhere
  publisher_properties jsonb not null check (jsonb_array_length(publisher_properties) > 0),
  format_ids jsonb not null check (jsonb_typeof(format_ids) = 'array'),
  keywords text[] not null default '{}',
  search_terms text[] not null default '{}', -- what buyers call its channels, countries and properties
  available_from timestamptz,
  available_until timestamptz,
  min_flight_days integer not null default 1 check (min_flight_days > 0),
  lead_days integer not null default 0 check (lead_days >= 0),
  daily_capacity bigint check (daily_capacity > 0), -- impressions, or slots where the price is flat; null: not limited
  reporting_capabilities jsonb not null,
  details jsonb not null default '{}', -- further AdCP product fields, answered as they are
  ad_server_config jsonb not null default '{}', -- inventory targeting; read by the adapter only
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  search_text text not null generated always as (lower(name || ' ' || joined(keywords) || ' ' || joined(search_terms))) stored,
  search tsvector not null generated always as (
    setweight(to_tsvector('english', name), 'A') ||
    setweight(to_tsvector('english', joined(keywords) || ' ' || joined(search_terms)), 'B') ||
    setweight(to_tsvector('english', description), 'C')
  ) stored,
  primary key (tenant_id, product_id),
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete restrict
) with (toast_tuple_target = 8160); -- the search column stays in the row: a brief ranks every product that has one of its words
create index products_search on products using gin (search);

create table pricing_options (
  tenant_id text not null,
  product_id text not null,
  pricing_option_id text not null,
  pricing_model pricing_model not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  fixed_price numeric(14, 4) check (fixed_price >= 0),
  floor_price numeric(14, 4) check (floor_price >= 0),
  max_bid boolean not null default false,
  price_guidance jsonb,
  parameters jsonb,
  min_spend_per_package numeric(14, 2) check (min_spend_per_package >= 0),
  position integer not null default 0,
  primary key (tenant_id, product_id, pricing_option_id),
  foreign key (tenant_id, product_id) references products on delete cascade,
  check (fixed_price is null or floor_price is null)
);

-- every word a product can be found by, so that a misspelt brief can be set right
create table product_words (
  tenant_id text not null references tenants on delete cascade,
  word text not null,
  primary key (tenant_id, word)
);
create index product_words_word on product_words using gin (word gin_trgm_ops);

create function learn_product_words() returns trigger
  language plpgsql as $$
begin
  insert into product_words (tenant_id, word)
  select distinct new.tenant_id, word
  from regexp_split_to_table(new.search_text || ' ' || lower(new.description), '[^[:alnum:]]+') as word
  where length(word) between 4 and 40
  on conflict do nothing;
  return null;
end $$;
create trigger learn_product_words after insert or update of name, description, keywords, search_terms on products
  for each row execute function learn_product_words();
