-- what a sandbox buyer brings with comply_test_controller is its own: nobody else sees it, and it is never sold for real.
-- Its ids end in a mark of the owner (src/adcp/own_ids.ts), so that two buyers may use the same words
alter table products add column sandbox_of text references principals on delete restrict; -- null: the publisher's
alter table creative_formats add column sandbox_of text references principals on delete restrict;
create index products_sandbox_of on products (sandbox_of) where sandbox_of is not null;
create index creative_formats_sandbox_of on creative_formats (sandbox_of) where sandbox_of is not null;

-- a sandbox account the desk opened is for the buyer it was opened for
alter table accounts
  add column sandbox_of text references principals on delete restrict,
  add check (sandbox or sandbox_of is null);
alter table accounts drop constraint accounts_tenant_id_brand_domain_brand_id_operator_sandbox_key;
create unique index accounts_nature on accounts (tenant_id, brand_domain, brand_id, operator, sandbox, coalesce(sandbox_of, ''));

-- seeds teach nobody else's brief a word
drop trigger learn_product_words on products;
create trigger learn_product_words after insert or update of name, description, keywords, search_terms on products
  for each row when (new.sandbox_of is null) execute function learn_product_words();

-- what was seeded, so that seeding it again can be told from seeding something else
create table sandbox_seeds (
  principal_id text not null references principals on delete cascade,
  kind text not null, -- product, pricing_option, creative …
  id text not null, -- as the buyer says it
  fixture jsonb not null,
  seeded_at timestamptz not null,
  primary key (principal_id, kind, id)
);

-- how the next create_media_buy of a sandbox buyer is to end
create table sandbox_directives (
  principal_id text primary key references principals on delete cascade,
  arm text not null check (arm in ('submitted', 'input-required')),
  task_id text,
  message text,
  check ((arm = 'submitted') = (task_id is not null))
);

-- budget said to be spent, in the currency of the buy or of the account's credit
create table sandbox_spend (
  tenant_id text not null,
  account_id text not null,
  media_buy_id text references media_buys on delete restrict, -- null: of the account as a whole
  amount numeric(14, 2) not null check (amount >= 0),
  currency text not null,
  set_at timestamptz not null,
  unique nulls not distinct (account_id, media_buy_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, account_id) on delete restrict
);

-- the result a sandbox buyer wants to be told when its task ends; null: what really came of it
alter table workflow_steps add column forced_result jsonb;
