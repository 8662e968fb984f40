-- what the clock looks for each minute: flights that have begun, and flights that are over
create index media_buys_to_begin on media_buys (start_time) where status = 'pending_start';
create index media_buys_to_end on media_buys (end_time)
  where status in ('pending_approval', 'pending_creatives', 'pending_start', 'active', 'paused');
