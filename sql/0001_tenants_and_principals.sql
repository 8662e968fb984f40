-- a publisher; everything below belongs to one
create table tenants (
  tenant_id text primary key check (tenant_id ~ '^[a-z0-9][a-z0-9_-]{1,62}$'),
  name text not null,
  description text not null default '',
  advertising_policies text not null default '',
  currencies text[] not null check (cardinality(currencies) > 0),
  approval_threshold numeric(14, 2) check (approval_threshold > 0), -- a larger buy needs a person; null: only products say so
  opens_accounts boolean not null default true, -- a brand and operator seen for the first time get an account
  max_package_budget numeric(14, 2) check (max_package_budget > 0),
  max_media_buy_budget numeric(14, 2) check (max_media_buy_budget > 0),
  max_flight_days integer not null default 366 check (max_flight_days > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- a buying agent the publisher knows
create table principals (
  principal_id text primary key,
  tenant_id text not null references tenants on delete restrict,
  name text not null,
  platform_mappings jsonb not null default '{}', -- connection_id -> this buyer's advertiser id on that ad server
  allowed_product_ids text[], -- null: everything on sale
  sandbox boolean not null default false,
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  unique (tenant_id, principal_id),
  unique (tenant_id, name)
);

-- only the SHA-256 of a token is kept; the prefix is for people who must tell two apart
create table principal_tokens (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  principal_id text not null references principals on delete restrict,
  prefix text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index principal_tokens_principal_id on principal_tokens (principal_id);
