create type canceled_by as enum ('buyer', 'seller');
create type media_buy_update_state as enum ('pending', 'applied', 'rejected', 'canceled');

alter table media_buys
  add column approved_budget numeric(14, 2) check (approved_budget > 0), -- the most a person agreed to; null: nobody was asked
  add column canceled_at timestamptz,
  add column canceled_by canceled_by,
  add column cancellation_reason text,
  add constraint media_buys_cancellation
    check ((canceled_at is null) = (canceled_by is null) and (canceled_at is null or status = 'canceled'));
update media_buys set canceled_at = updated_at, canceled_by = 'seller' where status = 'canceled';
update media_buys buy set approved_budget = total_budget
  where exists (select from workflow_steps step where step.media_buy_id = buy.media_buy_id
    and step.kind = 'approval' and step.status = 'completed');

alter table media_packages
  add column canceled_at timestamptz,
  add column canceled_by canceled_by,
  add column cancellation_reason text,
  add constraint media_packages_cancellation
    check ((canceled_at is null) = (canceled_by is null) and (canceled_at is null or canceled));

-- a change of a media buy a person must approve first; nothing of it holds until then
create table media_buy_updates (
  media_buy_update_id text primary key,
  tenant_id text not null,
  media_buy_id text not null,
  workflow_step_id text not null unique references workflow_steps on delete restrict,
  state media_buy_update_state not null default 'pending',
  request jsonb not null, -- as received, without secrets
  base_revision integer not null, -- what the buyer saw when it asked
  total_budget numeric(14, 2) not null check (total_budget > 0), -- what the buy would cost then
  end_time timestamptz not null, -- when it would end then
  affected_package_ids text[] not null default '{}',
  applied_revision integer,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  check ((state = 'pending') = (settled_at is null)),
  check ((state = 'applied') = (applied_revision is not null))
);
create unique index media_buy_updates_one_pending on media_buy_updates (media_buy_id) where state = 'pending';
