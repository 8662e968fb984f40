-- how many webhooks wait, and since when, is asked every few seconds
create index webhook_events_pending on webhook_events (next_at) include (created_at) where state = 'pending';
