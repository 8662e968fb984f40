-- how often somebody came in the minute that runs, as servers add it up now and then; nothing is lost if it is, so nothing is logged
create unlogged table call_counts (
  subject text primary key, -- `address 192.0.2.7`, `address 2001:db8:0:1::/64` or `principal pinnacle`
  minute timestamptz not null,
  calls integer not null check (calls > 0)
);
