-- Usage for billing as numbered files, each count in exactly one of them. What arrived is taken off the log of raw rows, as roll-ups take it,
-- and waits in usage_export_pending until its interval is over; a file and what waited for it are one transaction
-- (control-plane/store/usage-export-making.ts).

-- One mark for all gateways: where none has exports it moves along, and holds no raw row back.
insert into roll_up_watermarks (family, raw_id, hours_until, days_until) select 'usage/exports', raw_id, hours_until, days_until from roll_up_watermarks where family = 'usage';

create table usage_exports (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  enabled        boolean not null,
  width          text not null check (width in ('hour', 'day')),
  format         text not null check (format in ('csv', 'jsonl')),
  by_route       boolean not null,
  by_service     boolean not null,
  by_status      boolean not null,
  gzip           boolean not null,
  -- Whole seconds: an interval is told so long after its end.
  settle_s       integer not null check (settle_s >= 0),
  keep_days      integer not null check (keep_days > 0),
  -- Raw rows behind it count, up to until_id where that is set: the exports were switched off then.
  from_id        bigint not null,
  until_id       bigint,
  next_number    bigint not null default 1,
  -- Intervals that end by then were told; what comes of them afterwards is late.
  settled_until  timestamptz not null default 'epoch',
  last_sha256    bytea,
  updated_at     timestamptz not null default now(),
  primary key (tenant_id, gateway_id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);

-- No route and no consumer are the id of zeros; so is a route that was not asked for. A status that was not is -1.
create table usage_export_pending (
  tenant_id    uuid not null,
  gateway_id   uuid not null,
  ends         timestamptz not null,
  starts       timestamptz not null,
  consumer_id  uuid not null,
  route_id     uuid not null,
  status       smallint not null,
  -- Sums of what each fits bigint.
  requests     numeric not null,
  bytes_in     numeric not null,
  bytes_out    numeric not null,
  primary key (tenant_id, gateway_id, ends, starts, consumer_id, route_id, status),
  foreign key (tenant_id, gateway_id) references usage_exports
) with (fillfactor = 70);

create table usage_export_files (
  tenant_id        uuid not null,
  gateway_id       uuid not null,
  number           bigint not null,
  created_at       timestamptz not null,
  width            text not null,
  format           text not null,
  gzip             boolean not null,
  dimensions       text[] not null,
  intervals_from   timestamptz not null,
  intervals_to     timestamptz not null,
  row_count        integer not null,
  requests         numeric not null,
  late_requests    numeric not null,
  bytes            bigint not null,
  sha256           bytea not null,
  previous_sha256  bytea,
  expires_at       timestamptz not null,
  -- Null once it is no longer kept; what is known of it stays.
  content          bytea,
  primary key (tenant_id, gateway_id, number),
  foreign key (tenant_id, gateway_id) references usage_exports
);
alter table usage_export_files alter column content set storage external;
create index usage_export_files_kept on usage_export_files (expires_at) where content is not null;

grant select, insert, update (enabled, width, format, by_route, by_service, by_status, gzip, settle_s, keep_days, from_id, until_id, updated_at) on usage_exports to holdfast_app;
grant select on usage_export_files, usage_export_pending to holdfast_app;
-- How far numbers are given, at the moment when exports are switched off.
grant select on sequence telemetry_ids to holdfast_app;
-- Taking and making, for all tenants.
grant select, update (next_number, settled_until, last_sha256) on usage_exports to holdfast_publisher;
grant select, insert, update, delete on usage_export_pending to holdfast_publisher;
grant select, insert, update (content) on usage_export_files to holdfast_publisher;

-- How consumers, routes and services are called, and which service a route has: all that the publisher may know of what entities say.
create function usage_export_names(in_tenant uuid, in_gateway uuid, in_kind text, in_ids uuid[], out id uuid, out name text, out custom_id text, out service_id text)
returns setof record language plpgsql stable security definer set search_path = holdfast, pg_temp as $$
begin
  return query select e.id, coalesce(e.published ->> 'username', e.published ->> 'name'), e.published ->> 'custom_id', e.published #>> '{service,id}' from entities e
  where e.tenant_id = in_tenant and e.gateway_id = in_gateway and e.kind = in_kind and in_kind in ('consumers', 'routes', 'services') and e.id = any (in_ids);
end
$$;
revoke all on function usage_export_names from public;
grant execute on function usage_export_names to holdfast_publisher;

do $$
declare
  t text;
begin
  foreach t in array array['usage_exports', 'usage_export_pending', 'usage_export_files'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app using (tenant_id = current_tenant())', t);
    execute format('create policy all_tenants on %I to holdfast_publisher using (true)', t);
    execute format('create policy backup on %I for select to holdfast_migration using (true)', t);
    execute format('create policy ending on %I to holdfast_migration using (true)', t);
  end loop;
end
$$;

-- As 020-alerts.sql has it, with what is here.
create or replace function remove_tenant(in_tenant uuid, batch integer) returns boolean language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  t text;
  gateway uuid;
  removed bigint;
  left_over boolean := false;
begin
  perform from tenants where id = in_tenant and delete_after <= now() and deleted_at is null for update;
  if not found then
    raise exception 'the tenant is not at its end' using errcode = 'restrict_violation';
  end if;
  update data_planes set revoked_at = now(), revocation_reason = 'the tenant was deleted', connected = false
  where ctid = any(array(select ctid from data_planes where tenant_id = in_tenant and revoked_at is null limit batch));
  get diagnostics removed = row_count;
  if removed > 0 then
    -- Every instance hears of it, and ends their sessions.
    for gateway in update gateways set fleet_revision = fleet_revision + 1 where tenant_id = in_tenant returning id loop
      perform pg_notify('holdfast_changes', gateway::text);
    end loop;
    return false;
  end if;
  for gateway in update gateways set deleted_at = now() where tenant_id = in_tenant and deleted_at is null returning id loop
    perform pg_notify('holdfast_changes', gateway::text);
  end loop;
  foreach t in array array['entity_references', 'entity_unique', 'entities', 'usage', 'telemetry_received', 'telemetry_drops', 'crash_gaps', 'version_counts', 'alarms', 'join_tokens', 'operator_tokens',
    -- Of 011-sessions.sql.
    'sessions', 'operator_passwords', 'operator_identities', 'identity_providers',
    -- Of 019-telemetry.sql; of tables by time, each partition.
    'counted_until', 'records_received',
    -- Of 020-alerts.sql.
    'webhook_deliveries', 'alert_states', 'alert_rules', 'webhooks',
    -- Of this migration.
    'usage_export_pending', 'usage_export_files', 'usage_exports'] || array(
      select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
      where p.relnamespace = 'holdfast'::regnamespace and p.relkind = 'p' order by 1) loop
    execute format('delete from %I where ctid = any(array(select ctid from %I where tenant_id = $1 limit $2))', t, t) using in_tenant, batch;
    get diagnostics removed = row_count;
    if removed >= batch then
      left_over := true;
      exit;
    end if;
  end loop;
  if left_over then
    return false;
  end if;
  foreach t in array array['operators', 'roles', 'tenant_quotas', 'entity_counts', 'content_keys', 'tenant_keys',
    -- Of 012-secrets.sql.
    'data_key_rotations', 'tenant_retention'] loop
    execute format('delete from %I where tenant_id = $1', t) using in_tenant;
  end loop;
  update tenants set deleted_at = now() where id = in_tenant;
  return true;
end
$$;
