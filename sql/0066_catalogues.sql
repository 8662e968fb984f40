-- how a publisher's catalogue stands: a new word each time a transaction changes it, so that nobody has to read all of it to see whether
-- it is still the same. Words are random: a restored backup never takes one up for something else
create table catalogues (
  tenant_id text primary key references tenants on delete cascade,
  products uuid not null, -- what is offered, and to whom it may be sold
  prices uuid not null
);

-- once for each transaction, as it commits: whoever changes products waits for nobody before
create function renew_catalogue() returns trigger
  language plpgsql as $$
declare
  publisher text := coalesce(new.tenant_id, old.tenant_id);
  part text := tg_argv[0];
begin
  if current_setting('salesdesk.renewed_' || part, true) is distinct from publisher then
    insert into catalogues (tenant_id, products, prices)
    select tenant_id, gen_random_uuid(), gen_random_uuid() from tenants where tenant_id = publisher
    on conflict (tenant_id) do update set
      products = case part when 'products' then excluded.products else catalogues.products end,
      prices = case part when 'prices' then excluded.prices else catalogues.prices end;
    perform set_config('salesdesk.renewed_' || part, publisher, true);
  end if;
  return null;
end $$;

create function as_offered(product products) returns jsonb
  language sql immutable
  return to_jsonb(product) - '{created_at,updated_at,search,search_text,search_terms,ad_server_config,kept_in}'::text[];

create constraint trigger renew_catalogue after insert or delete on products
  deferrable initially deferred for each row execute function renew_catalogue('products');
create constraint trigger renew_catalogue_changed after update on products deferrable initially deferred for each row
  when (as_offered(old) is distinct from as_offered(new)) execute function renew_catalogue('products');
create constraint trigger renew_catalogue after insert or delete on pricing_options
  deferrable initially deferred for each row execute function renew_catalogue('prices');
create constraint trigger renew_catalogue_changed after update on pricing_options deferrable initially deferred for each row
  when (old.* is distinct from new.*) execute function renew_catalogue('prices');

-- what may be sold at all: ad servers in use, verified domains, formats somebody can judge
create constraint trigger renew_catalogue after update of archived_at, withdrawn_at on adapter_configs deferrable initially deferred for each row
  when ((old.archived_at, old.withdrawn_at) is distinct from (new.archived_at, new.withdrawn_at)) execute function renew_catalogue('products');
create constraint trigger renew_catalogue after insert or delete on publisher_partners
  deferrable initially deferred for each row execute function renew_catalogue('products');
create constraint trigger renew_catalogue_changed after update of verification, archived_at on publisher_partners deferrable initially deferred for each row
  when ((old.verification, old.archived_at) is distinct from (new.verification, new.archived_at)) execute function renew_catalogue('products');
create constraint trigger renew_catalogue after insert or delete on authorized_properties
  deferrable initially deferred for each row execute function renew_catalogue('products');
create constraint trigger renew_catalogue_changed after update of verification, tags on authorized_properties deferrable initially deferred for each row
  when ((old.verification, old.tags) is distinct from (new.verification, new.tags)) execute function renew_catalogue('products');
create constraint trigger renew_catalogue after update of sells_unverified on tenants deferrable initially deferred for each row
  when (old.sells_unverified <> new.sells_unverified) execute function renew_catalogue('products');
create constraint trigger renew_catalogue after insert or delete on creative_agents
  deferrable initially deferred for each row execute function renew_catalogue('products');
create constraint trigger renew_catalogue_changed after update of archived_at, agent_url on creative_agents deferrable initially deferred for each row
  when ((old.archived_at, old.agent_url) is distinct from (new.archived_at, new.agent_url)) execute function renew_catalogue('products');
create constraint trigger renew_catalogue after insert or delete on creative_formats
  deferrable initially deferred for each row execute function renew_catalogue('products');
create constraint trigger renew_catalogue_changed after update of archived_at on creative_formats deferrable initially deferred for each row
  when ((old.archived_at is null) <> (new.archived_at is null)) execute function renew_catalogue('products');

insert into catalogues (tenant_id, products, prices) select tenant_id, gen_random_uuid(), gen_random_uuid() from tenants;
