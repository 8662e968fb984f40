-- what buyer and publisher agreed for one buy besides product, price and time
alter table media_packages
  add measurement_terms jsonb, -- the agreed ones, even if the product's change later
  add performance_standards jsonb check (jsonb_array_length(performance_standards) > 0),
  add agency_estimate_number text;

alter table media_buys
  add agency_estimate_number text,
  add advertiser_industry text,
  add invoice_recipient jsonb, -- AdCP's business entity without its bank
  add invoice_bank_sealed bytea check (invoice_bank_sealed is null or invoice_recipient is not null);

-- legal names that may be invoiced instead of the account's own; empty: nobody else; null: a person decides each time
alter table accounts add invoice_recipients text[];
