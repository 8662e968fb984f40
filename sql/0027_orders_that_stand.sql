-- a step that was dropped before it reached the ad server leaves its key to the next
create unique index fulfilment_steps_external_key on fulfilment_steps (connection_id, kind, external_key)
  where state <> 'dropped';

-- orders of before: nothing of a buy could be changed, so what was sent is what its rows say
update fulfilments f set planned_revision = desired_revision
where exists (select from fulfilment_steps s where s.fulfilment_id = f.fulfilment_id);

update fulfilment_steps s set effects = case kind
  when 'create_order' then jsonb_build_array(jsonb_build_object('type', 'ordered', 'awaiting_approval', exists (
    select from fulfilment_steps a where a.fulfilment_id = s.fulfilment_id and a.kind = 'await_approval')))
  when 'await_approval' then '[{"type": "approved"}]'
  when 'create_line_item' then (
    select jsonb_build_array(jsonb_build_object('type', 'package', 'package_id', p.package_id, 'fields', jsonb_build_object(
      'budget', p.budget::text, 'impressions', p.impressions, 'bid_price', p.bid_price::text, 'pacing', p.pacing,
      'start_time', to_char(p.start_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'end_time', to_char(p.end_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'targeting_overlay', coalesce(p.targeting_overlay, '{}'))))
    from media_packages p where p.package_id = s.package_id)
  else '[]' end;

update workflow_steps w set fulfilment_id = s.fulfilment_id
from fulfilment_steps s where s.fulfilment_step_id = w.fulfilment_step_id;
