-- public keys a buying agent signs its requests with, as it publishes them; a signature names its key by kid alone
create table request_signing_keys (
  kid text primary key check (kid <> ''),
  principal_id text not null references principals on delete restrict,
  public_jwk jsonb not null check (not public_jwk ? 'd'),
  most_nonces integer not null default 1000000 check (most_nonces > 0), -- remembered at once for one URL; more are abuse
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index request_signing_keys_principal_id on request_signing_keys (principal_id);

-- signatures accepted, so that none is accepted twice; forgotten once they are too old to be valid
create table request_nonces (
  kid text not null references request_signing_keys on delete cascade,
  target_uri text not null,
  nonce text not null,
  expires_at timestamptz not null,
  primary key (kid, target_uri, nonce)
);
create index request_nonces_expires_at on request_nonces (expires_at);
