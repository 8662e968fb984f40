create type delivery_source as enum ('ad_server', 'sandbox');

alter table media_packages add unique (tenant_id, media_buy_id, package_id);

-- what a package delivered on a day (UTC), as each source last told it; sources and hours add up, so no two may tell of the same thing
create table package_delivery (
  tenant_id text not null,
  media_buy_id text not null,
  package_id text not null,
  day date not null,
  hour smallint check (hour between 0 and 23), -- null: somewhere in that day
  source delivery_source not null,
  generation integer not null default 1 check (generation >= 1), -- how many figures there have been
  impressions bigint not null check (impressions >= 0),
  spend numeric(18, 6) not null check (spend >= 0), -- in the media buy's currency
  clicks bigint check (clicks >= 0), -- null, here and below: not measured
  views bigint check (views >= 0),
  completed_views bigint check (completed_views >= 0),
  q1_views bigint check (q1_views >= 0),
  q2_views bigint check (q2_views >= 0),
  q3_views bigint check (q3_views >= 0),
  q4_views bigint check (q4_views >= 0),
  measurable_impressions bigint check (measurable_impressions >= 0),
  viewable_impressions bigint check (viewable_impressions >= 0),
  conversions bigint check (conversions >= 0),
  conversion_value numeric(18, 6) check (conversion_value >= 0),
  as_of timestamptz not null, -- up to when the source had counted
  finalized_at timestamptz, -- when the source closed the figures; null: they may still change
  recorded_at timestamptz not null,
  unique nulls not distinct (package_id, day, hour, source),
  foreign key (tenant_id, media_buy_id, package_id)
    references media_packages (tenant_id, media_buy_id, package_id) on delete restrict
);
create index package_delivery_media_buy on package_delivery (media_buy_id, day);

-- every figure that was replaced by a later one
create table package_delivery_history (like package_delivery, replaced_at timestamptz not null);
alter table package_delivery_history
  add unique nulls not distinct (package_id, day, hour, source, generation),
  add foreign key (tenant_id, media_buy_id, package_id)
    references media_packages (tenant_id, media_buy_id, package_id) on delete restrict;

create function keep_replaced_delivery() returns trigger
  language plpgsql as $$
begin
  insert into package_delivery_history select old.*, new.recorded_at;
  new.generation := old.generation + 1;
  return new;
end $$;
create trigger keep_replaced before update on package_delivery
  for each row when (
    (old.impressions, old.spend, old.clicks, old.views, old.completed_views, old.q1_views, old.q2_views, old.q3_views, old.q4_views,
      old.measurable_impressions, old.viewable_impressions, old.conversions, old.conversion_value)
    is distinct from
    (new.impressions, new.spend, new.clicks, new.views, new.completed_views, new.q1_views, new.q2_views, new.q3_views, new.q4_views,
      new.measurable_impressions, new.viewable_impressions, new.conversions, new.conversion_value))
  execute function keep_replaced_delivery();

create trigger kept before delete on package_delivery
  for each row execute function refuse_rewriting_history();
create trigger never_emptied before truncate on package_delivery
  for each statement execute function refuse_rewriting_history();
create trigger append_only before update or delete on package_delivery_history
  for each row execute function refuse_rewriting_history();
create trigger never_emptied before truncate on package_delivery_history
  for each statement execute function refuse_rewriting_history();
