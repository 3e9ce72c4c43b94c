-- How the targets of upstreams are, as each data plane reports it: the whole of its last report. Which data planes count is in
-- data_planes (connected, last_seen_at). What is in a report is bounded by both sides (data-plane/sync/health-reports.ts,
-- control-plane/store/health-store.ts).
create table data_plane_health (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  reported_at    timestamptz not null,
  -- {"<target id>": [{"ip", "port", "state", "cause", "since"}]}: none where its name has no address. Not here: up, or not asked yet.
  targets        jsonb not null,
  -- Further ones that are down.
  left_out       integer not null,
  primary key (tenant_id, gateway_id, data_plane_id),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id) on delete cascade
) with (fillfactor = 70);

grant select on data_plane_health to holdfast_app;
grant select, insert, update, delete on data_plane_health to holdfast_publisher;

alter table data_plane_health enable row level security;
alter table data_plane_health force row level security;
create policy one_tenant on data_plane_health to holdfast_app using (tenant_id = current_tenant());
create policy all_tenants on data_plane_health to holdfast_publisher using (true);
create policy backup on data_plane_health for select to holdfast_migration using (true);
create policy ending on data_plane_health for delete to holdfast_migration using (true);

-- A data plane's row stays for ever, because releases and counts refer to it; what it said of its targets ends with it.
create function forget_health() returns trigger language plpgsql security definer set search_path = holdfast, pg_temp as $$
begin
  delete from data_plane_health where (tenant_id, gateway_id, data_plane_id) = (new.tenant_id, new.gateway_id, new.id);
  return null;
end
$$;
revoke execute on function forget_health() from public;
create trigger forget_health after update of revoked_at on data_planes for each row when (new.revoked_at is not null) execute function forget_health();

-- The log level that all control planes are to have for a while: one row, replaced by each order. Belongs to no tenant.
create table log_level_orders (
  single_row  boolean primary key default true check (single_row),
  level       text not null,
  until       timestamptz not null,
  ordered_by  text not null
);

grant select, insert, update on log_level_orders to holdfast_publisher;
