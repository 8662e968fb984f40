-- why an ad server will not show it; forgotten when the buyer sends it anew
alter table creatives add column rejection_reason text check (rejection_reason is null or status = 'rejected');
