create type reporting_frequency as enum ('hourly', 'daily', 'monthly');
create type delivery_notification as enum ('scheduled', 'final', 'delayed', 'adjusted');

-- who gets reports of a media buy, how often; where to is in push_notification_configs, under a task of its own
create table reporting_webhooks (
  task_id text primary key references push_notification_configs on delete restrict,
  tenant_id text not null,
  media_buy_id text not null,
  reporting_frequency reporting_frequency not null,
  requested_metrics text[], -- null: all
  next_window_start timestamptz not null, -- of the first window that was not reported with its figures
  next_at timestamptz, -- when something may be due; null: only when new figures come
  finished_at timestamptz, -- the final report was made
  replaced_at timestamptz, -- the buyer has named another one
  created_at timestamptz not null,
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict
);
create unique index reporting_webhooks_one_per_buy on reporting_webhooks (media_buy_id) where replaced_at is null;
create index reporting_webhooks_next_at on reporting_webhooks (next_at) where replaced_at is null;

-- every report ever made; its window is whole hours, days or months in UTC, of a final one the flight
create table delivery_reports (
  tenant_id text not null,
  media_buy_id text not null,
  sequence_number integer not null check (sequence_number >= 1),
  notification_type delivery_notification not null,
  window_start timestamptz not null,
  window_end timestamptz not null, -- exclusive
  figures integer not null check (figures >= 0), -- which figures it told: package_delivery's generations, added up
  webhook_event_id uuid not null unique references webhook_events on delete restrict,
  created_at timestamptz not null,
  primary key (media_buy_id, sequence_number),
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  check (window_end > window_start)
);
-- whoever tries to report a window a second time, or the same correction, fails
create unique index delivery_reports_once on delivery_reports (media_buy_id, window_start, window_end, notification_type)
  where notification_type <> 'adjusted';
create unique index delivery_reports_adjusted_once on delivery_reports (media_buy_id, window_start, window_end, figures)
  where notification_type = 'adjusted';

create function number_reports_without_gaps() returns trigger
  language plpgsql as $$
begin
  if new.sequence_number <> 1 + coalesce((select max(sequence_number) from delivery_reports where media_buy_id = new.media_buy_id), 0) then
    raise exception 'the next report of % is not number %', new.media_buy_id, new.sequence_number using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger no_gaps before insert on delivery_reports
  for each row execute function number_reports_without_gaps();
create trigger append_only before update or delete on delivery_reports
  for each row execute function refuse_rewriting_history();
create trigger never_emptied before truncate on delivery_reports
  for each statement execute function refuse_rewriting_history();
