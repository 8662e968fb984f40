create type verification_state as enum ('unverified', 'verified', 'refused');

-- a domain whose advertising the tenant may sell
create table publisher_partners (
  tenant_id text not null references tenants on delete restrict,
  publisher_domain text not null check (publisher_domain = lower(publisher_domain)),
  name text not null,
  verification verification_state not null default 'unverified',
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  primary key (tenant_id, publisher_domain)
);

create table authorized_properties (
  tenant_id text not null,
  property_id text not null,
  publisher_domain text not null,
  property_type text not null,
  name text not null,
  identifiers jsonb not null check (jsonb_typeof(identifiers) = 'array'),
  tags text[] not null default '{}',
  primary key (tenant_id, publisher_domain, property_id),
  foreign key (tenant_id, publisher_domain) references publisher_partners on delete cascade
);

-- formats we accept: our own, and those of creative agents we trust
create table creative_formats (
  tenant_id text not null references tenants on delete restrict,
  agent_url text not null,
  format_id text not null,
  name text not null,
  description text not null default '',
  asset_types text[] not null default '{}',
  is_responsive boolean not null default false,
  definition jsonb not null default '{}', -- the rest of AdCP's format object: renders, assets, delivery …
  position integer not null default 0,
  archived_at timestamptz,
  primary key (tenant_id, agent_url, format_id)
);
