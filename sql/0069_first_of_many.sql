-- a brief of words that thousands have looks first at products that are named so
create index products_named on products using gin (ts_filter(search, '{a}'));

-- and at one product in sixteen, the same ones always: where a thousand of those match, nobody need look through all that do
create index products_search_sample on products using gin (search) where hashtext(product_id) & 15 = 0;
create index products_named_sample on products using gin (ts_filter(search, '{a}')) where hashtext(product_id) & 15 = 0;

-- how many are on sale, as far as it matters, without reading them
create index products_on_sale on products (tenant_id) where sandbox_of is null and archived_at is null;
