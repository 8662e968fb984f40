-- an order was told to come back: until then, and a little longer, nothing is read in the background
alter table ad_server_traffic add column orders_until timestamptz;
