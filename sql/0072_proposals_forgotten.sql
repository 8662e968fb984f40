-- proposals nobody bought are deleted a month after they expired, and what they held soon after
create index proposals_unbought_expire on proposals (expires_at) where media_buy_id is null;
create index proposal_holds_expire on proposal_holds (expires_at);
