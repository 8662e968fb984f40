-- how often the figures of an ad server are read, and for how long after the fact it may correct them
alter table adapter_configs
  add column delivery_minutes integer not null default 60 check (delivery_minutes between 1 and 1440),
  add column corrections_days integer not null default 31 check (corrections_days between 1 and 90);

-- the report an ad server is making for us, if it is, and when to do something about it
create table delivery_readings (
  connection_id text primary key references adapter_configs on delete restrict,
  handle text, -- asks for the report
  started_at timestamptz,
  from_day date, -- first and last day asked for, in the network's time zone
  to_day date,
  time_zone text,
  media_buy_ids text[], -- asked about
  next_at timestamptz not null, -- asks whether it is ready, or for the next
  failures integer not null default 0, -- in a row
  last_error jsonb,
  read_at timestamptz, -- when the last report that was stored was asked for
  check (num_nulls(handle, started_at, from_day, to_day, time_zone, media_buy_ids) in (0, 6))
);

-- how far the figures of a media buy were read from one ad server
create table delivery_progress (
  connection_id text not null references adapter_configs on delete restrict,
  media_buy_id text not null references media_buys on delete restrict,
  read_until timestamptz not null, -- counted up to
  read_at timestamptz not null,
  corrected_at timestamptz not null, -- when all days that may still be corrected were last read again
  closed_at timestamptz, -- after the last corrections: nothing more is read
  primary key (connection_id, media_buy_id)
);

-- the simulated ad server delivers evenly while it may
alter table simulated.orders add column canceled_at timestamptz;
alter table simulated.line_items add column idle tstzmultirange not null default '{}';

create function simulated.note_cancellation() returns trigger
  language plpgsql as $$
begin
  new.canceled_at := now();
  return new;
end $$;
create trigger note_cancellation before update on simulated.orders
  for each row when (new.status = 'canceled' and old.status <> 'canceled') execute function simulated.note_cancellation();

create function simulated.note_idleness() returns trigger
  language plpgsql as $$
begin
  new.idle := case when new.status = 'ready' then old.idle * tstzmultirange(tstzrange(null, now()))
    else old.idle + tstzmultirange(tstzrange(now(), null)) end;
  return new;
end $$;
create trigger note_idleness before update on simulated.line_items
  for each row when ((new.status = 'ready') <> (old.status = 'ready')) execute function simulated.note_idleness();
