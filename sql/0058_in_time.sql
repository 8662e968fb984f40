-- a yes counts only before the time is over, also in the minute in which the clock has not looked yet
alter table workflow_steps add constraint workflow_steps_approved_in_time check
  (kind <> 'approval' or status <> 'completed' or expire_at is null or decided_at < expire_at) not valid;

alter table slack_connections
  add column escalation_webhook_url_sealed bytea, -- null: what is escalated goes where everything goes
  add constraint slack_connections_escalation_webhook check
    (escalation_webhook_url_sealed is null or way = 'incoming_webhook');
