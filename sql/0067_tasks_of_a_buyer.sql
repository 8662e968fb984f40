-- whose task it is, for a buyer's list of them: without reading its purchases
alter table workflow_steps add column principal_id text;
update workflow_steps step set principal_id = buy.principal_id from media_buys buy where buy.media_buy_id = step.media_buy_id;

create function note_whose_task() returns trigger
  language plpgsql as $$
begin
  select principal_id into new.principal_id from media_buys where media_buy_id = new.media_buy_id;
  return new;
end $$;
create trigger note_whose_task before insert on workflow_steps for each row execute function note_whose_task();

create index workflow_steps_tasks on workflow_steps (tenant_id, principal_id, created_at desc, task_id desc) include (status)
  where task_id is not null;
