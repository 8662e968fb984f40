create type notice_kind as enum (
  'approval_waiting', 'approval_reminder', 'approval_escalated', 'approval_settled', 'order_outcome',
  'needs_human', 'needs_human_settled', 'creative_review', 'creative_settled', 'sync_failed', 'daily_summary'
);

-- what a publisher's people are to know, in the order it happened
create table notices (
  notice_id bigint primary key generated always as identity,
  tenant_id text not null references tenants on delete restrict,
  kind notice_kind not null,
  subject_id text not null, -- what it is about: a workflow step, a media buy, a creative, a run of a synchronisation, a day
  occasion text not null default '', -- which time, where a subject may have several notices of a kind
  detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object'),
  created_at timestamptz not null,
  unique (tenant_id, kind, subject_id, occasion) -- whoever says it twice has said it once
);
create index notices_latest on notices (tenant_id, notice_id desc);
create trigger tell_console after insert on notices
  referencing new table as changed for each statement execute function tell_console('activity');
