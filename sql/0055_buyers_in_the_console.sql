-- buyers that people made in the console: no publisher file names them, and none takes them away
alter table principals
  add column made_here boolean not null default false,
  add column max_media_buy_budget numeric(14, 2) check (max_media_buy_budget > 0), -- besides the publisher's own limit
  add column max_calls_per_minute integer check (max_calls_per_minute > 0); -- null: as many as it likes

-- tokens as people speak of them, and whether anybody still uses them; written no more often than every few minutes
alter table principal_tokens
  add column token_id bigint not null generated always as identity unique,
  add column label text not null default '',
  add column created_by text,
  add column last_used_at timestamptz;

-- what buyers with a limit asked in the minute that runs
create table principal_calls (
  principal_id text primary key references principals on delete cascade,
  minute timestamptz not null,
  calls integer not null check (calls > 0)
);

-- the only admin cannot go either where nobody else works: somebody can always let others in
create or replace function keep_an_admin() returns trigger
  language plpgsql as $$
begin
  perform from tenants where tenant_id = old.tenant_id for update;
  if (old.role = 'admin' or exists (select from memberships where tenant_id = old.tenant_id))
    and not exists (select from memberships where tenant_id = old.tenant_id and role = 'admin') then
    raise exception 'the last admin of % cannot go', old.tenant_id
      using errcode = 'restrict_violation', constraint = 'memberships_keep_an_admin';
  end if;
  return null;
end $$;

-- the log is read from its end, by publisher
create index audit_log_latest on audit_log (tenant_id, audit_id desc);
