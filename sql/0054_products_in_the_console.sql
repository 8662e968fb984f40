-- who had the last word on a product: a publisher file archives only what a file brought
alter table products add column kept_in text not null default 'file' check (kept_in in ('file', 'console'));
-- what the publisher file says once for all products, for those that are made without a file
alter table tenants add column product_terms jsonb not null default '{}' check (jsonb_typeof(product_terms) = 'object');
