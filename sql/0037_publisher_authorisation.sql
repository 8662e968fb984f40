alter type verification_state add value 'unreachable';

-- tenants that sell already go on until their file says otherwise
alter table tenants add column sells_unverified boolean not null default true;

-- what a domain's adagents.json says of us, as of the last time it was asked for
alter table publisher_partners
  add column checked_at timestamptz,
  add column next_check_at timestamptz, -- null: at once
  add column detail text not null default '', -- why it is not verified, or what went wrong the last time
  add column declaration jsonb, -- the last file that could be read, without what does not concern us
  add column declared_at timestamptz, -- when it was last what the domain said
  add column declared_by text, -- the URL it came from, and the validators of that answer
  add column etag text,
  add column last_modified text,
  add column revoked_until timestamptz, -- a revocation once seen holds until then, whatever the file says meanwhile
  add check ((declaration is null) = (declared_at is null));

alter table authorized_properties add column verification verification_state not null default 'unverified';
