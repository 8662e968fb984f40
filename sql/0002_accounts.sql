create type account_status as enum (
  'active', 'pending_approval', 'rejected', 'payment_required', 'suspended', 'closed'
);
create type account_billing as enum ('operator', 'agent', 'advertiser');

-- who is billed: a brand, bought for by an operator
create table accounts (
  account_id text primary key,
  tenant_id text not null references tenants on delete restrict,
  name text not null,
  brand_domain text not null check (brand_domain = lower(brand_domain)),
  brand_id text not null default '',
  operator text not null check (operator = lower(operator)),
  sandbox boolean not null default false,
  status account_status not null default 'active',
  billing account_billing not null default 'operator',
  payment_terms text,
  credit_limit numeric(14, 2),
  credit_currency text,
  created_at timestamptz not null default now(),
  unique (tenant_id, account_id),
  unique (tenant_id, brand_domain, brand_id, operator, sandbox),
  check ((credit_limit is null) = (credit_currency is null))
);

create table account_principals (
  tenant_id text not null,
  account_id text not null,
  principal_id text not null,
  primary key (account_id, principal_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, account_id) on delete cascade,
  foreign key (tenant_id, principal_id) references principals (tenant_id, principal_id) on delete cascade
);
create index account_principals_principal_id on account_principals (principal_id);
