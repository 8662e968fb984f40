-- the keys of an authorization server whose access tokens are taken, as a job read them; requests read this row and nothing else
create table oauth_issuers (
  issuer text primary key,
  jwks jsonb not null default '{"keys": []}',
  read_at timestamptz, -- when these keys were had from it
  asked_at timestamptz, -- when a request last had a job read them, for a token of a key that was not among them
  awaited boolean not null default false -- that job has not come back yet
);

-- whose access tokens belong to which buyer; a row taken away ends that at once
create table principal_oauth_subjects (
  issuer text not null check (issuer <> ''),
  subject text not null check (subject <> '' and length(subject) <= 255), -- the claim `sub`
  principal_id text not null references principals on delete restrict,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create index principal_oauth_subjects_principal_id on principal_oauth_subjects (principal_id);
