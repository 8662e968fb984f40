alter table slack_connections
  add column app_id text, -- what Slack calls the app; null where nobody said
  add column uninstalled_at timestamptz, -- the workspace took the app out; its token is gone
  drop constraint slack_connections_check,
  add constraint slack_connections_bot_token check
    ((bot_token_sealed is not null) = (way = 'own_token' and uninstalled_at is null)),
  add constraint slack_connections_uninstalled check (uninstalled_at is null or way <> 'incoming_webhook');

-- somebody of a publisher was given a link that installs the app to a workspace. The link opens once, in one browser, and what
-- Slack sends back there is taken once; only the SHA-256 of what either names is kept
create table slack_installations (
  link_hash bytea primary key check (octet_length(link_hash) = 32),
  state_hash bytea unique check (octet_length(state_hash) = 32), -- what Slack sends back, once the link was opened
  tenant_id text not null references tenants on delete restrict,
  user_id text references users on delete cascade, -- null: somebody at the machine itself
  begun_by text not null,
  expires_at timestamptz not null,
  taken_at timestamptz
);
create index slack_installations_expires_at on slack_installations (expires_at);
