-- what a package delivered since it began, as its ad server counted it at a line item; the figures of reports are in package_delivery
create table package_snapshots (
  package_id text primary key,
  tenant_id text not null,
  media_buy_id text not null,
  impressions bigint not null check (impressions >= 0),
  clicks bigint check (clicks >= 0), -- null: not counted
  spend numeric(18, 6) not null check (spend >= 0), -- in the media buy's currency
  as_of timestamptz not null, -- counted up to
  foreign key (tenant_id, media_buy_id, package_id)
    references media_packages (tenant_id, media_buy_id, package_id) on delete restrict
);
create index package_snapshots_media_buy on package_snapshots (media_buy_id);

-- the ad server does not show a creative that is on the package
alter type delivery_concern add value 'creative_not_shown';
