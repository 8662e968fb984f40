-- a tenant signs with the newest key whose time has come; buyers see a key from before it signs until after it has stopped
alter table webhook_signing_keys
  drop constraint webhook_signing_keys_tenant_id_key,
  add column signs_from timestamptz not null default '1970-01-01Z',
  add column withdrawn_at timestamptz, -- not published from then on; null: nobody has taken its place
  add constraint webhook_signing_keys_order check (withdrawn_at >= signs_from);
create unique index webhook_signing_keys_one_at_a_time on webhook_signing_keys (tenant_id, signs_from);
