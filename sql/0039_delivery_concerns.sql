-- what keeps a package from delivering as it should; open until closed_at
create type delivery_concern as enum ('not_serving', 'behind');
create table delivery_concerns (
  delivery_concern_id bigint primary key generated always as identity,
  tenant_id text not null,
  media_buy_id text not null,
  package_id text not null references media_packages on delete restrict,
  concern delivery_concern not null,
  reason text not null, -- for people
  opened_at timestamptz not null,
  closed_at timestamptz check (closed_at >= opened_at),
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict
);
create unique index delivery_concerns_one_open on delivery_concerns (package_id, concern) where closed_at is null;
create index delivery_concerns_open on delivery_concerns (tenant_id, media_buy_id) where closed_at is null;

-- a guaranteed package is behind when it lacks more than this share of what it should have delivered by now
alter table tenants add column behind_percent integer not null default 20 check (behind_percent between 1 and 100);
