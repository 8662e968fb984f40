-- one ad server the tenant sells on. Secrets stay in the environment; the row names the variable.
create table adapter_configs (
  connection_id text primary key,
  tenant_id text not null references tenants on delete restrict,
  kind text not null,
  name text not null,
  settings jsonb not null default '{}',
  secret_name text,
  capabilities jsonb, -- as the worker last learned them; request code reads them here
  capabilities_synced_at timestamptz,
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  unique (tenant_id, connection_id)
);
