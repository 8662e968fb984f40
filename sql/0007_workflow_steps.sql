create type workflow_step_kind as enum ('approval', 'execution', 'creative_review', 'needs_human');
create type workflow_step_status as enum (
  'requires_approval', 'pending', 'in_progress', 'completed', 'failed', 'rejected', 'canceled'
);

-- one unit of work somebody waits for; a buyer follows it by its task_id
create table workflow_steps (
  workflow_step_id text primary key,
  tenant_id text not null,
  media_buy_id text not null,
  fulfilment_step_id text,
  task_id text unique,
  task_type text not null,
  kind workflow_step_kind not null,
  status workflow_step_status not null,
  title text not null,
  suggested_action text,
  adcp_version text,
  context jsonb, -- the buyer's own context, echoed back
  decided_by text,
  decided_at timestamptz,
  reason text,
  deadline timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  check ((decided_by is null) = (decided_at is null)),
  check (status <> 'rejected' or reason is not null)
);
create index workflow_steps_media_buy_id on workflow_steps (media_buy_id);
create index workflow_steps_open on workflow_steps (tenant_id, created_at) where status in ('requires_approval', 'pending', 'in_progress');
create unique index workflow_steps_one_per_fulfilment_step on workflow_steps (fulfilment_step_id)
  where status in ('requires_approval', 'pending', 'in_progress');
