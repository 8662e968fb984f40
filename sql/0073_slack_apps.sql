alter table slack_connections
  add column signing_secret_sealed bytea, -- of an app of this publisher's own, heard at an address of its own; null: the desk's app
  add constraint slack_connections_signing_secret check (signing_secret_sealed is null or way = 'own_token');

-- what Slack has said, by the SHA-256 of its own name for it; what is said again within the hour is not done again
create table slack_deliveries (
  delivery_hash bytea primary key check (octet_length(delivery_hash) = 32),
  taken_at timestamptz not null,
  done_at timestamptz
);
create index slack_deliveries_taken_at on slack_deliveries (taken_at);
