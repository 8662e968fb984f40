-- what buyers and people ask for, and no index served
create index reporting_webhooks_media_buy_id on reporting_webhooks (media_buy_id);
create index push_notification_configs_by_tenant on push_notification_configs (tenant_id);
create index creatives_by_tenant on creatives (tenant_id, updated_at desc);
-- whether a publisher has any domain or property that may not be sold is asked before every search and purchase
create index publisher_partners_verification on publisher_partners (tenant_id, verification);
create index authorized_properties_verification on authorized_properties (tenant_id, verification);
