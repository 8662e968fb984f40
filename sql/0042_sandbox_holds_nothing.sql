-- what buyers of the sandbox held so far is free for those who buy
update reservations set released_at = now()
where released_at is null and package_id in (
  select p.package_id from media_packages p join media_buys buy using (media_buy_id) join accounts account using (account_id)
  where account.sandbox);
delete from proposal_holds where principal_id in (select principal_id from principals where sandbox);
