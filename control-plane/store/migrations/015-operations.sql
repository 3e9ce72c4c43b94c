-- What running it needs: whoever owns the schema may read all of it, for a backup. It could give itself that right at any time;
-- serving never works as this role (T1). A table that a later migration makes has its own policy of this name.
do $$
declare
  t text;
begin
  for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'holdfast' and c.relkind = 'r' and c.relrowsecurity loop
    execute format('create policy backup on %I for select to holdfast_migration using (true)', t);
  end loop;
end
$$;
