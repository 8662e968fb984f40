alter table account_principals
  add column synced_at timestamptz, -- when this principal last declared the account with sync_accounts; null: never
  add column closed_at timestamptz; -- it left the account out of a sync_accounts with delete_missing; closed for it alone

-- a tool that is for no single account, such as sync_accounts, claims its key under none
alter table idempotency_keys drop constraint idempotency_keys_pkey;
alter table idempotency_keys alter column account_id drop not null;
create unique index idempotency_keys_scope on idempotency_keys (principal_id, coalesce(account_id, ''), idempotency_key);

-- what a buyer measured, as it told it
create table performance_feedback (
  performance_feedback_id bigint primary key generated always as identity,
  tenant_id text not null,
  principal_id text not null,
  media_buy_id text not null,
  package_id text references media_packages on delete restrict, -- null: about the whole buy
  period_start timestamptz not null,
  period_end timestamptz not null,
  performance_index double precision not null check (performance_index >= 0), -- 1: as expected
  metric_type text not null,
  feedback_source text not null,
  received_at timestamptz not null,
  foreign key (tenant_id, principal_id) references principals (tenant_id, principal_id) on delete restrict,
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  check (period_end >= period_start)
);
create index performance_feedback_media_buy_id on performance_feedback (media_buy_id, received_at);
