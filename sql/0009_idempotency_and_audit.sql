-- written in the transaction of the effect; two equal requests meet on the primary key
create table idempotency_keys (
  principal_id text not null references principals on delete cascade,
  account_id text not null references accounts on delete cascade,
  idempotency_key text not null,
  tool text not null,
  request_hash text not null,
  response jsonb, -- null only inside the transaction that is still working
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (principal_id, account_id, idempotency_key)
);
create index idempotency_keys_expires_at on idempotency_keys (expires_at);

create table audit_log (
  audit_id bigint primary key generated always as identity,
  tenant_id text not null references tenants on delete restrict,
  at timestamptz not null default now(),
  actor_kind actor_kind not null,
  actor text not null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  detail jsonb not null default '{}'
);
create index audit_log_tenant_at on audit_log (tenant_id, at desc);

-- history is written once
create function refuse_rewriting_history() returns trigger
  language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on audit_log
  for each row execute function refuse_rewriting_history();
create trigger never_emptied before truncate on audit_log
  for each statement execute function refuse_rewriting_history();
create trigger append_only before update or delete on media_buy_events
  for each row execute function refuse_rewriting_history();
create trigger never_emptied before truncate on media_buy_events
  for each statement execute function refuse_rewriting_history();
