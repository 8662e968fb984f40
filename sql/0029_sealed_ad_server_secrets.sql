-- what an ad server knows the publisher by, where it is kept here and not in the environment; encrypted under SALESDESK_ENCRYPTION_KEY
create table ad_server_secrets (
  connection_id text primary key,
  tenant_id text not null,
  secret_sealed bytea not null, -- begins with its format and the mark of its key, see src/seal.ts
  set_at timestamptz not null,
  set_by text not null,
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete restrict
);
