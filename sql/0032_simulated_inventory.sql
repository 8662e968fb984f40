-- what the simulated ad server has to sell; whoever plays with it fills it
create table simulated.ad_units (
  ad_unit_id bigint primary key generated always as identity,
  network text not null,
  parent_id bigint references simulated.ad_units,
  name text not null,
  archived boolean not null default false,
  sizes text[] not null default '{}',
  changed_at timestamptz not null default now()
);
create index ad_units_network on simulated.ad_units (network, ad_unit_id);
