-- a buyer has answered what it was asked
alter type notice_kind add value 'approval_answered' after 'approval_changed';

-- a request waits for its buyer exactly while a question about it has no answer
create function wait_for_the_answer() returns trigger
  language plpgsql as $$
declare
  waits workflow_step_status;
  open boolean;
begin
  select status into waits from workflow_steps where workflow_step_id = new.workflow_step_id;
  open := exists (select from approval_questions where workflow_step_id = new.workflow_step_id and answered_at is null);
  if (waits = 'input_required' and not open) or (waits = 'requires_approval' and open) then
    raise exception '% is %, and its buyer has % question to answer', new.workflow_step_id, waits, case when open then 'a' else 'no' end
      using errcode = 'restrict_violation', constraint = 'workflow_steps_wait_for_the_answer';
  end if;
  return null;
end $$;
create constraint trigger wait_for_the_answer after insert or update of status on workflow_steps
  deferrable initially deferred for each row when (new.status in ('requires_approval', 'input_required'))
  execute function wait_for_the_answer();
create constraint trigger wait_for_the_answer after insert or update of answered_at on approval_questions
  deferrable initially deferred for each row execute function wait_for_the_answer();

-- what waits, what was decided and what was booked, as the console lists it
drop index workflow_steps_open;
create index workflow_steps_open on workflow_steps (tenant_id, created_at)
  where status in ('requires_approval', 'input_required', 'pending', 'in_progress');
create index workflow_steps_decided on workflow_steps (tenant_id, updated_at desc)
  where kind = 'approval' and status in ('completed', 'rejected', 'canceled');
create index media_buys_confirmed on media_buys (tenant_id, confirmed_at desc) where confirmed_at is not null;
create index creatives_to_review on creatives (tenant_id, updated_at) where status = 'pending_review';
