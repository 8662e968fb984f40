-- whose creatives a person looks at before they are shown: nobody's, those of buyers the policy does not trust, everybody's
create type creative_reviewing as enum ('none', 'untrusted', 'all');
alter table approval_policies add column review_creatives creative_reviewing not null default 'none';
