alter table adapter_configs
  add column kept_in text not null default 'file' check (kept_in in ('file', 'console')), -- a publisher file archives only what a file brought
  add column connected_at timestamptz default now(), -- null: somebody is setting it up, and nobody uses it yet
  add column connected_by text,
  add column withdrawn_at timestamptz, -- nothing more is sold over it; what stands there is looked after
  add check (connected_at is not null or archived_at is not null);
update adapter_configs set connected_at = created_at;

-- somebody asked whether an ad server can be reached, and as whom; a worker looks and says what it found
create table connection_checks (
  connection_check_id text primary key,
  number bigint not null generated always as identity, -- the later, the higher
  tenant_id text not null,
  connection_id text not null,
  asked_by text not null,
  asked_at timestamptz not null,
  finished_at timestamptz,
  findings jsonb not null default '[]' check (jsonb_typeof(findings) = 'array'), -- each {ok, subject, text}
  choices jsonb not null default '{}' check (jsonb_typeof(choices) = 'object'), -- by setting, what it can be there: each {value, label}
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete cascade
);
create unique index connection_checks_one_at_a_time on connection_checks (connection_id) where finished_at is null;
create index connection_checks_latest on connection_checks (connection_id, number desc);

-- an ad server that holds an order of ours stays connected until the order is over
create function keep_connection_of_orders() returns trigger
  language plpgsql as $$
begin
  -- waits for purchases under way: their packages hold this row
  perform from adapter_configs where connection_id = new.connection_id for update;
  if exists (select from media_packages p join media_buys b using (tenant_id, media_buy_id)
      join accounts a on a.account_id = b.account_id
    where p.tenant_id = new.tenant_id and p.connection_id = new.connection_id and not a.sandbox
      and b.status not in ('completed', 'rejected', 'canceled'))
    or exists (select from fulfilments f
    where f.connection_id = new.connection_id and f.state not in ('placed', 'refused', 'canceled')) then
    raise exception 'orders stand on %', new.connection_id
      using errcode = 'restrict_violation', constraint = 'adapter_configs_orders_stand';
  end if;
  return new;
end $$;
create trigger adapter_configs_orders_stand before update of archived_at on adapter_configs
  for each row when (old.archived_at is null and new.archived_at is not null) execute function keep_connection_of_orders();

-- and nothing is bought over one that was disconnected meanwhile. After the foreign key, which waits for whoever disconnects it
create function refuse_archived_connection() returns trigger
  language plpgsql as $$
begin
  if exists (select from adapter_configs where connection_id = new.connection_id and archived_at is not null) then
    raise exception '% is disconnected', new.connection_id
      using errcode = 'restrict_violation', constraint = 'media_packages_connected';
  end if;
  return null;
end $$;
create trigger media_packages_connected after insert on media_packages
  for each row execute function refuse_archived_connection();

-- the tree of ad units, level by level
create index inventory_units_below on inventory_units (generation, parent_id);
create index sync_jobs_history on sync_jobs (connection_id, generation desc);

create trigger tell_console after update on adapter_configs
  referencing new table as changed for each statement execute function tell_console('ad_servers');
create trigger tell_console_new after insert on connection_checks
  referencing new table as changed for each statement execute function tell_console('ad_servers');
create trigger tell_console after update on connection_checks
  referencing new table as changed for each statement execute function tell_console('ad_servers');
