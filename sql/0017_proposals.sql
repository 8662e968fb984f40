-- whether and how a publisher sells media plans
alter table tenants
  add sells_proposals boolean not null default true,
  add proposal_hold_hours integer not null default 48 check (proposal_hold_hours between 1 and 720),
  add insertion_order jsonb; -- its terms_url, signing_url and the amount above which it is needed; null: never

-- plans the publisher made itself, offered where a brief finds all of their products
create table prepared_proposals (
  tenant_id text not null references tenants on delete restrict,
  proposal_id text not null check (length(proposal_id) between 1 and 255),
  name text not null,
  description text not null default '',
  allocations jsonb not null check (jsonb_array_length(allocations) > 0),
  archived_at timestamptz,
  primary key (tenant_id, proposal_id)
);

-- plans whose prices were promised to a buyer; a draft is not kept, its id says all there is to it
create table proposals (
  tenant_id text not null,
  principal_id text not null,
  proposal_id text not null,
  plan jsonb not null, -- what is promised: products, shares of the budget, prices
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  total_budget numeric(14, 2) check (total_budget > 0), -- null: not known yet
  start_time timestamptz,
  end_time timestamptz,
  insertion_order jsonb,
  committed_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > committed_at),
  media_buy_id text unique references media_buys on delete restrict, -- the purchase it became
  primary key (principal_id, proposal_id),
  foreign key (tenant_id, principal_id) references principals (tenant_id, principal_id) on delete restrict,
  check (end_time > start_time)
);

-- what guaranteed products hold for a proposal until it is bought or expires, day by day
create table proposal_holds (
  principal_id text not null,
  proposal_id text not null,
  tenant_id text not null,
  product_id text not null,
  day date not null,
  amount bigint not null check (amount > 0),
  expires_at timestamptz not null,
  primary key (principal_id, proposal_id, product_id, day),
  foreign key (principal_id, proposal_id) references proposals on delete cascade,
  foreign key (tenant_id, product_id) references products on delete restrict
);
create index proposal_holds_held on proposal_holds (tenant_id, product_id, day);

alter table media_buys add proposal_id text; -- the proposal it was bought as
