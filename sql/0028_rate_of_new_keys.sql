alter table tenants add column max_new_keys_per_minute integer not null default 3600 check (max_new_keys_per_minute > 0);
-- how many keys a buyer used for one account lately
create index idempotency_keys_lately on idempotency_keys (principal_id, (coalesce(account_id, '')), created_at);
