-- a publisher that leaves: nobody comes in from closed_at on, and once its last order is over it parts with its ad servers
alter table tenants
  add column closed_at timestamptz,
  add column retired_at timestamptz,
  add constraint tenants_closed_before_retired check (retired_at is null or closed_at is not null);

-- an order that was canceled stands until its ad server was told, also while no worker has begun to tell it
create or replace function keep_connection_of_orders() returns trigger
  language plpgsql as $$
begin
  -- waits for purchases under way: their packages hold this row
  perform from adapter_configs where connection_id = new.connection_id for update;
  if exists (select from media_packages p join media_buys b using (tenant_id, media_buy_id)
      join accounts a on a.account_id = b.account_id
    where p.tenant_id = new.tenant_id and p.connection_id = new.connection_id and not a.sandbox
      and b.status not in ('completed', 'rejected', 'canceled'))
    or exists (select from fulfilments f where f.connection_id = new.connection_id
      and (f.state not in ('placed', 'refused', 'canceled') or f.state = 'placed' and f.desired_revision > f.planned_revision)) then
    raise exception 'orders stand on %', new.connection_id
      using errcode = 'restrict_violation', constraint = 'adapter_configs_orders_stand';
  end if;
  return new;
end $$;
