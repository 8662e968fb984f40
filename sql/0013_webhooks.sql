create type webhook_scheme as enum ('rfc9421', 'hmac_sha256', 'bearer');
create type webhook_event_state as enum ('pending', 'delivered', 'dead');
create type webhook_attempt_outcome as enum (
  'unknown', -- under way, or its worker died before it heard an answer
  'delivered', 'failed', 'refused'
);

-- whom to tell about a purchase; what is sealed is encrypted under SALESDESK_ENCRYPTION_KEY
create table push_notification_configs (
  media_buy_id text primary key,
  tenant_id text not null,
  task_id text not null unique,
  operation_id text,
  url text not null,
  scheme webhook_scheme not null,
  token_sealed bytea,
  credentials_sealed bytea,
  adcp_version text not null,
  context jsonb, -- the buyer's own, echoed back
  created_at timestamptz not null default now(),
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict,
  check ((scheme = 'rfc9421') = (credentials_sealed is null))
);

-- the key a tenant signs with; buyers read the public half at /.well-known/jwks.json
create table webhook_signing_keys (
  kid text primary key,
  tenant_id text not null unique references tenants on delete restrict,
  public_jwk jsonb not null,
  private_sealed bytea not null,
  created_at timestamptz not null default now()
);

-- what a buyer must be told, written in the transaction of what happened
create table webhook_events (
  webhook_event_id uuid primary key, -- the payload's idempotency_key
  tenant_id text not null,
  media_buy_id text not null references push_notification_configs on delete restrict,
  payload text not null, -- as it is sent, but for the buyer's token
  state webhook_event_state not null default 'pending',
  attempts integer not null default 0,
  next_at timestamptz not null, -- not before then; while an attempt is under way, not before it must be over
  give_up_at timestamptz not null,
  last_result text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  foreign key (tenant_id, media_buy_id) references media_buys (tenant_id, media_buy_id) on delete restrict
);
create index webhook_events_media_buy_id on webhook_events (media_buy_id);
create index webhook_events_dead on webhook_events (created_at) where state = 'dead';

create table webhook_attempts (
  webhook_event_id uuid not null references webhook_events on delete restrict,
  attempt integer not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  outcome webhook_attempt_outcome not null default 'unknown',
  http_status integer,
  result text,
  primary key (webhook_event_id, attempt)
);
