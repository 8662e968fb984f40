-- the newest purchases of a buyer with a status, however few have it, without reading the others
create index media_buys_by_status on media_buys (tenant_id, principal_id, status, created_at desc, media_buy_id desc)
  where confirmed_at is not null;
