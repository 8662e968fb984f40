-- what was asked of the buyer or agreed by one of two people
alter type notice_kind add value 'approval_changed' after 'approval_waiting';

-- own_token: an app installed for this publisher; environment: the one app whose token the environment has; incoming_webhook: no
-- app at all, so that messages only link to the console
create type slack_way as enum ('own_token', 'environment', 'incoming_webhook');

-- where a publisher's people are reached in Slack
create table slack_connections (
  tenant_id text primary key references tenants on delete restrict,
  way slack_way not null,
  team_id text, -- the workspace; clicks from any other are not for this publisher
  team_name text,
  channel_id text,
  escalation_channel_id text, -- null: what is escalated goes to the same channel
  bot_token_sealed bytea,
  webhook_url_sealed bytea,
  time_zone text not null default 'UTC',
  summary_hour integer default 9 check (summary_hour between 0 and 23), -- null: no daily summary
  connected_by text not null,
  connected_at timestamptz not null,
  failures integer not null default 0, -- in a row
  last_error text,
  hold_until timestamptz, -- Slack is asked nothing before
  check ((bot_token_sealed is not null) = (way = 'own_token')),
  check ((webhook_url_sealed is not null) = (way = 'incoming_webhook')),
  check ((team_id is null) = (way = 'incoming_webhook')),
  check (way <> 'incoming_webhook' or (channel_id is null and escalation_channel_id is null))
);
create index slack_connections_team_id on slack_connections (team_id);

-- what Slack is to be told of a notice: at most one message of its own, and the messages there are brought up to date
create table slack_posts (
  notice_id bigint primary key references notices on delete restrict,
  tenant_id text not null references tenants on delete restrict,
  tried_at timestamptz, -- when a message may first have been sent
  done_at timestamptz,
  channel_id text, -- where its message is
  ts text, -- what Slack calls the message there
  given_up text, -- why Slack will never take it
  check ((channel_id is null) = (ts is null)),
  check (given_up is null or done_at is not null)
);
create index slack_posts_waiting on slack_posts (tenant_id, notice_id) where done_at is null;

-- who looked at a creative that waited for review
alter table creatives
  add column reviewed_by text,
  add column reviewed_at timestamptz,
  add constraint creatives_reviewed check ((reviewed_by is null) = (reviewed_at is null));
