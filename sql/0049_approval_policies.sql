-- what needs a person at a publisher, or two, and how long they have. A publisher without a row has no such rules
create table approval_policies (
  tenant_id text primary key references tenants on delete restrict,
  includes_person_products boolean not null default false, -- small amounts and trusted buyers need nobody even for products a person sells
  decide_within_hours integer check (decide_within_hours between 1 and 2160),
  remind_after_hours integer check (remind_after_hours between 1 and 2160), -- and again each time as many have passed
  escalate_after_hours integer check (escalate_after_hours between 1 and 2160),
  expire_after_hours integer check (expire_after_hours between 1 and 2160),
  expire_reason text check (expire_reason <> ''), -- the buyer reads it
  updated_at timestamptz not null default now(),
  check (expire_reason is null or expire_after_hours is not null),
  check (greatest(decide_within_hours, remind_after_hours + 1, escalate_after_hours + 1) <= expire_after_hours)
);

-- amounts are compared with buys in the same currency only; what a policy does not name, it says nothing about
create table approval_limits (
  tenant_id text not null references approval_policies on delete cascade,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  auto_approve_under numeric(14, 2) check (auto_approve_under > 0),
  four_eyes_above numeric(14, 2) check (four_eyes_above > 0),
  primary key (tenant_id, currency),
  check (num_nonnulls(auto_approve_under, four_eyes_above) > 0),
  check (auto_approve_under <= four_eyes_above)
);

create table trusted_principals (
  tenant_id text not null references approval_policies on delete cascade,
  principal_id text not null,
  primary key (tenant_id, principal_id),
  foreign key (tenant_id, principal_id) references principals (tenant_id, principal_id) on delete cascade
);

alter type workflow_step_status add value 'input_required' after 'requires_approval'; -- the buyer was asked something

-- what a policy meant for an approval when it began to wait
alter table workflow_steps
  add column approvals_needed smallint not null default 1 check (approvals_needed in (1, 2)),
  add column waits_since timestamptz, -- for whoever's turn it is
  add column remind_after_hours integer check (remind_after_hours > 0),
  add column escalate_at timestamptz,
  add column expire_at timestamptz,
  add column expire_reason text,
  add column clock_at timestamptz, -- when the clock has something to do about it
  add check ((expire_at is null) = (expire_reason is null)),
  add check (remind_after_hours is null or waits_since is not null);
create index workflow_steps_clock_at on workflow_steps (clock_at) where clock_at is not null;

-- the people who said yes; whoever says it twice has said it once
create table approvals_given (
  workflow_step_id text not null references workflow_steps on delete restrict,
  tenant_id text not null references tenants on delete restrict,
  person text not null generated always as (coalesce(user_id, 'name ' || lower(name))) stored,
  name text not null check (name <> ''),
  user_id text references users on delete restrict,
  reason text,
  given_at timestamptz not null,
  primary key (workflow_step_id, person)
);
create trigger tell_console after insert on approvals_given
  referencing new table as changed for each statement execute function tell_console('approvals');

-- four eyes are those of two people, whatever door they came through
create function need_every_approval() returns trigger
  language plpgsql as $$
begin
  if (select count(*) from approvals_given where workflow_step_id = new.workflow_step_id) < new.approvals_needed then
    raise exception '% needs % people to agree', new.workflow_step_id, new.approvals_needed
      using errcode = 'restrict_violation', constraint = 'workflow_steps_need_every_approval';
  end if;
  return new;
end $$;
create trigger need_every_approval before update on workflow_steps for each row
  when (new.kind = 'approval' and new.status = 'completed' and old.status <> 'completed' and new.approvals_needed > 1)
  execute function need_every_approval();

-- what people ask a buyer before they decide, and what it answers
create table approval_questions (
  context_id text primary key, -- AdCP's: the buyer answers by naming it
  tenant_id text not null references tenants on delete restrict,
  workflow_step_id text not null references workflow_steps on delete restrict,
  question text not null check (question <> ''),
  asked_by text not null,
  user_id text references users on delete restrict,
  asked_at timestamptz not null,
  answer text check (answer <> ''),
  answered_at timestamptz,
  check ((answer is null) = (answered_at is null))
);
create index approval_questions_workflow_step_id on approval_questions (workflow_step_id, asked_at);
create unique index approval_questions_one_open on approval_questions (workflow_step_id) where answered_at is null;
