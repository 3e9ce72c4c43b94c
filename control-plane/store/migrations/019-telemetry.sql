-- Telemetry by time: rows as data planes fold them (10 s), added up to minutes, hours and days; access records; how data planes
-- themselves are. What is read of a family at one moment is exact: rows of `…_raw` up to the watermark are in the minutes, minutes before
-- `hours_until` are in the hours, hours before `days_until` are in the days (control-plane/store/roll-up-store.ts). `usage` of older
-- releases goes on taking what their control planes store while both run; its rows are moved to `usage_raw`.
-- No route and no consumer are the id of zeros, so that they can be part of a key. Rows of data planes are bound to them by telemetry_received
-- and records_received, one for each batch: a check for each row would cost more than the row.

-- Whatever else takes raw rows has a row of its own, `usage/…`: they stay until it has them.
create table roll_up_watermarks (
  family       text primary key,
  raw_id       bigint not null default 0,
  hours_until  timestamptz not null,
  days_until   timestamptz not null,
  check (days_until <= hours_until)
);
insert into roll_up_watermarks (family, hours_until, days_until)
select family, date_trunc('day', now(), 'UTC'), date_trunc('day', now(), 'UTC') from unnest(array['usage', 'targets']) as family;
grant select on roll_up_watermarks to holdfast_app, holdfast_ingest;
grant select, update on roll_up_watermarks to holdfast_publisher;

-- Of minutes, hours and days, counts and latencies stand apart: rankings read counts alone, ten rows of them for one with its sketches.

-- Numbers of raw rows. Owned by the watermark: after a restore it goes on behind what was taken already.
create sequence telemetry_ids minvalue 0 start 1 owned by roll_up_watermarks.raw_id;
grant usage, select on sequence telemetry_ids to holdfast_ingest, holdfast_publisher;
create sequence access_record_ids start 1;
grant usage, select on sequence access_record_ids to holdfast_ingest;

create table usage_raw (
  id             bigint not null default nextval('telemetry_ids'),
  arrived_at     timestamptz not null default clock_timestamp(),
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  requests       bigint not null,
  bytes_in       bigint not null,
  bytes_out      bigint not null,
  request_us     bigint not null,
  upstream_us    bigint not null,
  gateway_us     bigint not null,
  -- control-plane/store/latency-pack.ts: request, upstream, gateway.
  latencies      bytea
) partition by range (arrived_at);
create index usage_raw_id on usage_raw (id);
create index usage_raw_at on usage_raw (tenant_id, gateway_id, at);

create table usage_minutes (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  requests       bigint not null,
  bytes_in       bigint not null,
  bytes_out      bigint not null,
  request_us     bigint not null,
  upstream_us    bigint not null,
  gateway_us     bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status)
) partition by range (at);
create table usage_minutes_latencies (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  latencies      bytea not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status)
) partition by range (at);

-- What is asked of a window: small, because equal times are stored once, where the primary key is as wide as the rows.
create index usage_minutes_at on usage_minutes (tenant_id, gateway_id, at);

create table usage_hours (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  requests       bigint not null,
  bytes_in       bigint not null,
  bytes_out      bigint not null,
  request_us     bigint not null,
  upstream_us    bigint not null,
  gateway_us     bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status)
) partition by range (at);
create index usage_hours_at on usage_hours (tenant_id, gateway_id, at);
create table usage_hours_latencies (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  latencies      bytea not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status)
) partition by range (at);

create table usage_days (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  requests       bigint not null,
  bytes_in       bigint not null,
  bytes_out      bigint not null,
  request_us     bigint not null,
  upstream_us    bigint not null,
  gateway_us     bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status)
) partition by range (at);
create table usage_days_latencies (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  consumer_id    uuid not null,
  -- 100…599; 0: the client went away before; 1…5: a class alone, of an older data plane; -1: latencies of rows beyond the bound, no counts.
  status         smallint not null,
  latencies      bytea not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status)
) partition by range (at);

create table target_raw (
  id             bigint not null default nextval('telemetry_ids'),
  arrived_at     timestamptz not null default clock_timestamp(),
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  attempts       bigint not null,
  failed         bigint not null,
  status_5xx     bigint not null,
  latencies      bytea
) partition by range (arrived_at);
create index target_raw_id on target_raw (id);
create index target_raw_at on target_raw (tenant_id, gateway_id, at);

create table target_minutes (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  attempts       bigint not null,
  failed         bigint not null,
  status_5xx     bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, upstream, target, address)
) partition by range (at);
create table target_minutes_latencies (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  latencies      bytea not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, upstream, target, address)
) partition by range (at);

create table target_hours (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  attempts       bigint not null,
  failed         bigint not null,
  status_5xx     bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, upstream, target, address)
) partition by range (at);
create table target_hours_latencies (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  latencies      bytea not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, upstream, target, address)
) partition by range (at);

create table target_days (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  attempts       bigint not null,
  failed         bigint not null,
  status_5xx     bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, upstream, target, address)
) partition by range (at);
create table target_days_latencies (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  upstream       text not null,
  target         text not null,
  address        text not null,
  latencies      bytea not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, upstream, target, address)
) partition by range (at);

-- Failed requests of routes by version and minute: few rows, added to as they come.
create table route_version_counts (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  at             timestamptz not null,
  data_plane_id  uuid not null,
  route_id       uuid not null,
  epoch          bigint not null,
  sequence       bigint not null,
  failed         bigint not null,
  failed_here    bigint not null,
  primary key (tenant_id, gateway_id, at, data_plane_id, route_id, epoch, sequence)
) partition by range (at);

-- How data planes are: every ten seconds of the last days, the last one too.
create table data_plane_vitals (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  at             timestamptz not null,
  vitals         jsonb not null,
  primary key (tenant_id, gateway_id, data_plane_id, at)
) partition by range (at);

-- Until when the counts of a data plane are stored.
create table counted_until (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  until          timestamptz not null,
  primary key (tenant_id, gateway_id, data_plane_id),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
) with (fillfactor = 50);

-- As telemetry_received, of the stream of access records.
create table records_received (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  boot_id        uuid not null,
  sequence       bigint not null,
  received_at    timestamptz not null default clock_timestamp(),
  primary key (tenant_id, data_plane_id, boot_id, sequence),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
);

create table access_records (
  id             bigint not null default nextval('access_record_ids'),
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  received_at    timestamptz not null default clock_timestamp(),
  started_at     timestamptz not null,
  request_id     uuid not null,
  route_id       uuid not null,
  service_id     uuid not null,
  consumer_id    uuid not null,
  status         smallint not null,
  total_us       bigint not null,
  error_code     text not null,
  trace_id       uuid,
  path           text not null,
  -- The rest (control-plane/store/record-columns.ts).
  details        text not null
) partition by range (started_at);
alter sequence access_record_ids owned by access_records.id;
create index access_records_id on access_records (tenant_id, gateway_id, id);
create index access_records_started on access_records (tenant_id, gateway_id, started_at, id);
create index access_records_request on access_records (request_id);

-- How long telemetry of a tenant is kept, where shorter than the installation does; null: as long as that. Whole seconds.
create table tenant_retention (
  tenant_id      uuid primary key references tenants,
  raw_s          bigint check (raw_s > 0),
  minutes_s      bigint check (minutes_s > 0),
  hours_s        bigint check (hours_s > 0),
  days_s         bigint check (days_s > 0),
  records_s      bigint check (records_s > 0)
);

-- ---- partitions ----

-- Range of the partition that a time falls into. UTC, whatever the session's zone is.
create function telemetry_partition_range(in_parent text, in_at timestamptz, out starts timestamptz, out ends timestamptz) language plpgsql stable set search_path = holdfast, pg_temp as $$
declare
  at timestamp := in_at at time zone 'UTC';
  begins timestamp;
  width interval;
  whole text := regexp_replace(in_parent, '_latencies$', '');
begin
  case
    when whole in ('usage_raw', 'target_raw') then
      begins := date_bin('6 hours', at, '2000-01-01');
      width := '6 hours';
    when whole in ('usage_minutes', 'target_minutes', 'access_records', 'data_plane_vitals', 'route_version_counts') then
      begins := date_trunc('day', at);
      width := '1 day';
    when whole in ('usage_hours', 'target_hours') then
      begins := date_trunc('month', at);
      width := '1 month';
    when whole in ('usage_days', 'target_days') then
      begins := date_trunc('year', at);
      width := '1 year';
    else
      raise exception '% has no partitions by time', in_parent using errcode = 'invalid_parameter_value';
  end case;
  starts := begins at time zone 'UTC';
  ends := (begins + width) at time zone 'UTC';
end
$$;
revoke all on function telemetry_partition_range from public;

-- Makes the partition of a time, where there is none; true where it did. What a default partition holds of its range moves over; where that is
-- much, it stays where it is, as moving it would hold up who stores. Not now where somebody uses the default partition for long: whoever waits
-- for a table's lock holds up all who come after.
create function ensure_telemetry_partition(in_parent text, in_at timestamptz) returns boolean language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  range record;
  part text;
  time_column text := case when in_parent in ('usage_raw', 'target_raw') then 'arrived_at' when in_parent = 'access_records' then 'started_at' else 'at' end;
  is_much boolean;
begin
  select * into range from telemetry_partition_range(in_parent, in_at);
  part := in_parent || '_' || to_char(range.starts at time zone 'UTC', 'YYYYMMDDHH24');
  if to_regclass('holdfast.' || quote_ident(part)) is not null then
    return false;
  end if;
  execute format('select count(*) > 50000 from (select from %I where %I >= $1 and %I < $2 limit 50001) as r', in_parent || '_rest', time_column, time_column) into is_much using range.starts, range.ends;
  if is_much then
    return false;
  end if;
  perform set_config('lock_timeout', '300ms', true);
  -- Nobody puts a row of the range into it from here on: one that is not seen yet would be in the way of the partition.
  execute format('lock table only %I in share update exclusive mode', in_parent);
  execute format('lock table %I in access exclusive mode', in_parent || '_rest');
  if to_regclass('holdfast.' || quote_ident(part)) is not null then
    return false;
  end if;
  execute format('create table %I (like %I including defaults including constraints including storage)', part, in_parent);
  execute format('alter table %I enable row level security, force row level security', part);
  execute format('create policy backup on %I for select to holdfast_migration using (true)', part);
  execute format('create policy ending on %I to holdfast_migration using (true)', part);
  if in_parent not in ('access_records', 'data_plane_vitals', 'route_version_counts') and in_parent not like '%\_raw' then
    -- Minutes are added to in place.
    execute format('alter table %I set (fillfactor = 80)', part);
  end if;
  execute format('with moved as (delete from %I where %I >= $1 and %I < $2 returning *) insert into %I select * from moved', in_parent || '_rest', time_column, time_column, part) using range.starts, range.ends;
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', in_parent, part, range.starts, range.ends);
  return true;
exception when lock_not_available then
  return false;
end
$$;
revoke all on function ensure_telemetry_partition from public;
grant execute on function ensure_telemetry_partition to holdfast_publisher;

-- Drops the oldest partition that ends at or before `in_before`; its name, or null where there is none, or somebody uses the table for long now.
-- Of raw rows, one that the roll-up has not passed stays, and of the levels one that the next level has not taken.
create function drop_telemetry_partition(in_parent text, in_before timestamptz) returns text language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  part text;
  starts timestamptz;
  ends timestamptz;
  taken_id bigint;
  taken roll_up_watermarks;
  waiting boolean;
  is_locked boolean;
  taken_family text := case when in_parent like 'target%' then 'targets' else 'usage' end;
begin
  select c.relname, to_timestamp(right(c.relname, 10), 'YYYYMMDDHH24')::timestamp at time zone 'UTC' into part, starts
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = to_regclass('holdfast.' || quote_ident(in_parent)) and c.relname ~ '_[0-9]{10}$' order by c.relname limit 1;
  if part is null then
    return null;
  end if;
  select r.ends into ends from telemetry_partition_range(in_parent, starts) r;
  if ends > in_before then
    return null;
  end if;
  -- Looked at once more when it is ours alone: whoever was storing then is done.
  foreach is_locked in array array[false, true] loop
    if is_locked then
      perform set_config('lock_timeout', '300ms', true);
      execute format('lock table only %I in access exclusive mode', in_parent);
    end if;
    select * into taken from roll_up_watermarks where family = taken_family;
    if in_parent like '%\_raw' then
      select min(raw_id) into taken_id from roll_up_watermarks where family = taken_family or family like taken_family || '/%';
      execute format('select exists (select from %I where id > $1)', part) into waiting using taken_id;
    else
      waiting := (in_parent ~ '_minutes(_latencies)?$' and ends > taken.hours_until) or (in_parent ~ '_hours(_latencies)?$' and ends > taken.days_until);
    end if;
    if waiting then
      return null;
    end if;
  end loop;
  execute format('drop table %I', part);
  return part;
exception when lock_not_available then
  return null;
end
$$;
revoke all on function drop_telemetry_partition from public;
grant execute on function drop_telemetry_partition to holdfast_publisher;

-- ---- who may do what ----

do $$
declare
  t text;
  raw text[] := array['usage_raw', 'target_raw'];
  counts text[] := array['usage_minutes', 'usage_hours', 'usage_days', 'target_minutes', 'target_hours', 'target_days'];
  levels text[] := counts || array(select unnest(counts) || '_latencies');
  by_time text[] := raw || levels || array['route_version_counts', 'data_plane_vitals', 'access_records'];
begin
  foreach t in array by_time loop
    execute format('create table %I partition of %I default', t || '_rest', t);
    execute format('alter table %I enable row level security, force row level security', t || '_rest');
    execute format('create policy backup on %I for select to holdfast_migration using (true)', t || '_rest');
    execute format('create policy ending on %I to holdfast_migration using (true)', t || '_rest');
  end loop;
  foreach t in array levels loop
    execute format('alter table %I set (fillfactor = 80)', t || '_rest');
  end loop;
  foreach t in array by_time || array['counted_until', 'records_received', 'tenant_retention'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app, holdfast_ingest using (tenant_id = current_tenant())', t);
    execute format('create policy all_tenants on %I to holdfast_publisher using (true)', t);
    execute format('create policy backup on %I for select to holdfast_migration using (true)', t);
    execute format('create policy ending on %I to holdfast_migration using (true)', t);
    execute format('grant select on %I to holdfast_app', t);
    execute format('grant select, delete on %I to holdfast_publisher', t);
  end loop;
  foreach t in array raw || array['access_records'] loop
    execute format('grant insert on %I to holdfast_ingest', t);
  end loop;
  foreach t in array levels loop
    execute format('grant insert, update on %I to holdfast_publisher', t);
  end loop;
end
$$;
-- For the shape of the tables that rows are copied into on their way.
grant select on usage_raw, target_raw, access_records to holdfast_ingest;
grant insert on usage_raw to holdfast_publisher;
grant select, insert, update on route_version_counts, data_plane_vitals, counted_until to holdfast_ingest;
grant select, insert, delete on records_received to holdfast_ingest;
grant insert, update, delete on tenant_retention to holdfast_app;
-- What older control planes store is moved.
grant select, delete on usage to holdfast_publisher;
create policy all_tenants on usage to holdfast_publisher using (true);


-- As 009-roles.sql has it, with what is here.
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
    -- Of this migration; of tables by time, each partition.
    'counted_until', 'records_received'] || array(
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
