-- a buyer says for each task where it wants to be told; so far each media buy had one
alter table webhook_events add column task_id text;
update webhook_events event set task_id = config.task_id
  from push_notification_configs config where config.media_buy_id = event.media_buy_id;
alter table webhook_events
  drop constraint webhook_events_media_buy_id_fkey,
  alter column task_id set not null;

alter table push_notification_configs
  drop constraint push_notification_configs_pkey,
  drop constraint push_notification_configs_task_id_key,
  add primary key (task_id),
  add column task_type text not null default 'create_media_buy';
alter table push_notification_configs alter column task_type drop default;
create index push_notification_configs_media_buy_id on push_notification_configs (media_buy_id);

alter table webhook_events add foreign key (task_id) references push_notification_configs on delete restrict;
