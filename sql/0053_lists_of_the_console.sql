-- what the publisher's people look through, newest first
create index media_buys_by_tenant on media_buys (tenant_id, created_at desc, media_buy_id desc);
create index webhook_events_by_tenant on webhook_events (tenant_id, created_at desc, webhook_event_id desc);
-- a number of an ad server is all somebody has at hand
create index ad_server_objects_external_id on ad_server_objects (external_id);

-- pages that show webhooks and open questions follow them
create trigger tell_console after update on webhook_events
  referencing new table as changed for each statement execute function tell_console('media_buys');
create trigger tell_console_new after insert on webhook_events
  referencing new table as changed for each statement execute function tell_console('media_buys');
