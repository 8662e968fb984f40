-- creative agents whose formats the publisher takes besides its own; a job reads them over MCP
create table creative_agents (
  creative_agent_id text primary key,
  tenant_id text not null references tenants on delete restrict,
  name text not null,
  agent_url text not null, -- as its format ids name it
  mcp_url text not null, -- where it is asked
  position integer not null,
  refresh_hours integer not null check (refresh_hours > 0),
  grace_days integer not null check (grace_days >= 0),
  bearer_sealed bytea, -- what it knows the publisher by; begins with its format and the mark of its key, see src/seal.ts
  bearer_set_at timestamptz,
  bearer_set_by text,
  asked_at timestamptz, -- the last time
  next_read_at timestamptz, -- null: at once
  read_at timestamptz, -- when it last told all: its formats are as of then
  lapsed_at timestamptz, -- since when its formats are not taken, because nobody could read them anew for too long
  problem text not null default '', -- why the last reading came to nothing
  left_out integer not null default 0, -- formats of the last reading that are not taken
  left_out_because jsonb not null default '[]', -- why, of the first of them: [{format, why}]
  archived_at timestamptz,
  unique (tenant_id, creative_agent_id),
  check ((bearer_sealed is null) = (bearer_set_at is null)),
  check ((bearer_sealed is null) = (bearer_set_by is null))
);
create unique index creative_agents_of_a_url on creative_agents (tenant_id, agent_url) where archived_at is null;

-- a format of an agent that has lapsed, or that the agent no longer has, is archived
alter table creative_formats
  add column creative_agent_id text, -- null: the publisher's own word
  add foreign key (tenant_id, creative_agent_id) references creative_agents (tenant_id, creative_agent_id) on delete restrict,
  add check (creative_agent_id is null or sandbox_of is null);
create index creative_formats_of_agents on creative_formats (creative_agent_id) where creative_agent_id is not null;
