create type creative_status as enum ('processing', 'pending_review', 'approved', 'rejected', 'archived');

-- what a buying agent brought to be shown; creative_id is the agent's own word for it
create table creatives (
  tenant_id text not null,
  principal_id text not null,
  creative_id text not null check (creative_id <> ''),
  account_id text not null, -- the account it was last synced for
  name text not null,
  agent_url text not null,
  format_id text not null,
  assets jsonb not null check (jsonb_typeof(assets) = 'object'),
  tags text[] not null default '{}',
  details jsonb not null default '{}', -- the rest of AdCP's creative object, as received
  status creative_status not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (principal_id, creative_id),
  foreign key (tenant_id, principal_id) references principals (tenant_id, principal_id) on delete restrict,
  foreign key (tenant_id, account_id) references accounts (tenant_id, account_id) on delete restrict,
  foreign key (tenant_id, agent_url, format_id) references creative_formats on delete restrict
);
create index creatives_by_principal on creatives (principal_id, created_at desc, creative_id);

-- which creatives a package shows; those of an archived creative sleep until it comes back
create table creative_assignments (
  principal_id text not null,
  creative_id text not null,
  package_id text not null references media_packages on delete restrict,
  weight double precision check (weight between 0 and 100), -- null: as often as the others
  created_at timestamptz not null default now(),
  primary key (package_id, creative_id),
  foreign key (principal_id, creative_id) references creatives on delete restrict
);
create index creative_assignments_creative on creative_assignments (principal_id, creative_id);
