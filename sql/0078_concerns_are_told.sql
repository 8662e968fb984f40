-- packages of a media buy do not deliver as they should
alter type notice_kind add value 'delivery_concern' before 'sync_failed';
