-- connection_id -> the advertiser an account is on that ad server: its orders are booked for it, and what people book there
-- for that advertiser is the account's
alter table accounts add column platform_mappings jsonb not null default '{}';
create index accounts_with_advertisers on accounts (tenant_id) where platform_mappings <> '{}';

-- Whose the orders of an advertiser are: those of the one account that names it, else of the one buyer that does. Where several
-- do, they are nobody's. The sandbox has nothing on an ad server
create view advertisers as
with named as (
  select a.tenant_id, m.key as connection_id, m.value as advertiser_id, a.account_id, null as principal_id
  from accounts a cross join jsonb_each_text(a.platform_mappings) m
  where not a.sandbox and a.platform_mappings <> '{}'
  union all
  select p.tenant_id, m.key, m.value, null, p.principal_id
  from principals p cross join jsonb_each_text(p.platform_mappings) m
  where not p.sandbox and p.archived_at is null
)
select tenant_id, connection_id, advertiser_id,
  case when count(account_id) = 1 then min(account_id) end as account_id,
  case when count(account_id) = 0 and count(principal_id) = 1 then min(principal_id) end as principal_id,
  array_agg(coalesce(account_id, principal_id) order by account_id, principal_id) as claimed_by
from named
group by tenant_id, connection_id, advertiser_id;

-- since when the desk knows an order that people agreed on an ad server: its place in a buyer's list
create table booked_orders (
  tenant_id text not null,
  connection_id text not null,
  order_id text collate "C" not null,
  known_since timestamptz not null,
  primary key (connection_id, order_id),
  foreign key (tenant_id, connection_id) references adapter_configs (tenant_id, connection_id) on delete restrict
);
insert into booked_orders (tenant_id, connection_id, order_id, known_since)
select run.tenant_id, run.connection_id, o.id, run.started_at
from sync_jobs run join ad_server_orders o using (generation)
where run.kind = 'orders' and run.state = 'current' and o.external_key is null and o.status not in ('draft', 'pending');
