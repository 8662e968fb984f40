-- what a person may do for a publisher; each role may all that the ones before it may
create type user_role as enum ('viewer', 'approver', 'manager', 'admin');

-- a person who works at this desk, for one publisher or several
create table users (
  user_id text primary key,
  email text not null unique check (email = lower(email)),
  name text not null check (name <> ''),
  password_hash text, -- scrypt; null: signs in elsewhere
  oidc_issuer text,
  oidc_subject text,
  created_at timestamptz not null default now(),
  unique (oidc_issuer, oidc_subject),
  check ((oidc_issuer is null) = (oidc_subject is null))
);

create table memberships (
  tenant_id text not null references tenants on delete restrict,
  user_id text not null references users on delete cascade,
  role user_role not null,
  slack_user_id text, -- the same person in the publisher's Slack workspace
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id),
  unique (tenant_id, slack_user_id)
);
create index memberships_user_id on memberships (user_id);

-- once somebody works for a publisher, somebody can always let others in
create function keep_an_admin() returns trigger
  language plpgsql as $$
begin
  perform from tenants where tenant_id = old.tenant_id for update;
  if exists (select from memberships where tenant_id = old.tenant_id)
    and not exists (select from memberships where tenant_id = old.tenant_id and role = 'admin') then
    raise exception 'the last admin of % cannot go', old.tenant_id
      using errcode = 'restrict_violation', constraint = 'memberships_keep_an_admin';
  end if;
  return null;
end $$;
create constraint trigger memberships_keep_an_admin after update or delete on memberships
  deferrable initially deferred for each row execute function keep_an_admin();

-- a link that makes whoever opens it a member, once; only the SHA-256 of its token is kept
create table invitations (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  tenant_id text not null references tenants on delete restrict,
  email text check (email = lower(email)), -- null: the first person, who says it
  role user_role not null,
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text references users on delete set null
);
create index invitations_open on invitations (tenant_id, created_at) where accepted_at is null;

-- somebody signed in with a browser; only the SHA-256 of the cookie is kept
create table console_sessions (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  user_id text not null references users on delete cascade,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index console_sessions_user_id on console_sessions (user_id);
create index console_sessions_expires_at on console_sessions (expires_at);

-- wrong passwords, counted by email and by address, so that guessing takes years
create table sign_in_failures (
  subject text primary key,
  failures integer not null check (failures > 0),
  last_at timestamptz not null
);

-- who of the desk's people it was, where it was one of them
alter table audit_log add column user_id text references users on delete restrict;

-- these are pages of the console, not publishers
alter table tenants add constraint tenants_not_a_page
  check (tenant_id not in ('sign-in', 'sign-out', 'invitation', 'assets', 'oidc', 'account'));

-- what changed for which publisher, so that open pages of the console follow
create function tell_console() returns trigger
  language plpgsql as $$
begin
  perform pg_notify('salesdesk_console', tenant_id || ' ' || tg_argv[0]) from (select distinct tenant_id from changed) as of_tenants;
  return null;
end $$;
create trigger tell_console_new after insert on workflow_steps
  referencing new table as changed for each statement execute function tell_console('approvals');
create trigger tell_console after update on workflow_steps
  referencing new table as changed for each statement execute function tell_console('approvals');
create trigger tell_console after insert on media_buy_events
  referencing new table as changed for each statement execute function tell_console('media_buys');
create trigger tell_console_new after insert on sync_jobs
  referencing new table as changed for each statement execute function tell_console('ad_servers');
create trigger tell_console after update on sync_jobs
  referencing new table as changed for each statement execute function tell_console('ad_servers');
create trigger tell_console after insert on audit_log
  referencing new table as changed for each statement execute function tell_console('activity');
create trigger tell_console_new after insert on creatives
  referencing new table as changed for each statement execute function tell_console('creatives');
create trigger tell_console after update on creatives
  referencing new table as changed for each statement execute function tell_console('creatives');
create trigger tell_console after update on fulfilments
  referencing new table as changed for each statement execute function tell_console('media_buys');
